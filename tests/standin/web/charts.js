// Draws a visual's values (0 to 1, one list for all series) into an element.
const number = (value, decimals = 0) =>
  value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

const svg = (width, height, inner) =>
  `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="xMidYMid meet">${inner}</svg>`;

// Charts are drawn in the pixels that they have, so that text keeps its size.
const sizeOf = (element) => [Math.max(element.clientWidth, 60), Math.max(element.clientHeight, 40)];

const legend = (names, x, y) =>
  names
    .map((name, i) => {
      const left = x + i * 110;
      return `<rect x="${left}" y="${y - 9}" width="11" height="11" rx="2" fill="${COLOURS[i]}"/><text x="${left + 17}" y="${y + 1}">${name}</text>`;
    })
    .join('');

const grid = (left, right, top, bottom, scale) =>
  [0, 0.25, 0.5, 0.75, 1]
    .map((part) => {
      const y = bottom - part * (bottom - top);
      return `<line x1="${left}" x2="${right}" y1="${y}" y2="${y}" stroke="#e3e7ee"/><text x="${left - 8}" y="${y + 4}" text-anchor="end">${number(part * scale)}</text>`;
    })
    .join('');

const CHARTS = {
  kpi: {
    count: () => 1,
    draw(element, visual, [value], seconds) {
      const amount = visual.base + (visual.rate ?? 0) * seconds + (visual.spread ?? 0) * value;
      const change = (value - 0.5) * 8;
      const [sign, mood] = change < 0 ? ['▼', 'down'] : ['▲', 'up'];
      element.innerHTML = `<div class="value">${visual.unit ?? ''}${visual.unit ? ' ' : ''}${number(amount, visual.decimals)}${visual.suffix ?? ''}</div>
        <div class="note"><b class="${mood}">${sign} ${number(Math.abs(change), 1)} %</b> ${visual.note}</div>`;
    },
  },
  line: {
    count: (visual) => visual.series.length * visual.labels.length,
    draw(element, visual, values) {
      const [width, height] = sizeOf(element);
      const [left, right, top, bottom] = [58, width - 8, 30, height - 26];
      const steps = visual.labels.length;
      const x = (i) => left + ((right - left) * i) / (steps - 1);
      const y = (value) => bottom - value * (bottom - top);
      const lines = visual.series
        .map((_, s) => {
          const points = values.slice(s * steps, (s + 1) * steps).map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`);
          const area = s === 0 ? `<polygon points="${left},${bottom} ${points.join(' ')} ${right},${bottom}" fill="${COLOURS[0]}" opacity="0.12"/>` : '';
          return `${area}<polyline points="${points.join(' ')}" fill="none" stroke="${COLOURS[s]}" stroke-width="${s === 0 ? 3 : 2}" stroke-linejoin="round"/>`;
        })
        .reverse()
        .join('');
      const labels = visual.labels
        .map((label, i) => (i % 3 === 0 ? `<text x="${x(i)}" y="${height - 6}" text-anchor="middle">${label}</text>` : ''))
        .join('');
      element.innerHTML = svg(width, height, grid(left, right, top, bottom, visual.scale) + lines + labels + legend(visual.series, left, 14));
    },
  },
  columns: {
    count: (visual) => visual.series.length * visual.labels.length,
    draw(element, visual, values) {
      const [width, height] = sizeOf(element);
      const [left, right, top, bottom] = [58, width - 8, 34, height - 28];
      const slot = (right - left) / visual.labels.length;
      const bar = (slot * 0.72) / visual.series.length;
      const bars = visual.labels
        .map((label, l) => {
          const start = left + slot * (l + 0.14);
          const group = visual.series
            .map((_, s) => {
              const tall = values[s * visual.labels.length + l] * (bottom - top);
              return `<rect x="${start + s * bar}" y="${bottom - tall}" width="${bar - 3}" height="${tall}" rx="3" fill="${COLOURS[s]}"/>`;
            })
            .join('');
          return `${group}<text x="${start + slot * 0.36}" y="${height - 8}" text-anchor="middle">${label}</text>`;
        })
        .join('');
      element.innerHTML = svg(width, height, grid(left, right, top, bottom, visual.scale) + bars + legend(visual.series, left, 14));
    },
  },
  donut: {
    count: (visual) => visual.labels.length,
    draw(element, visual, values) {
      const [width, height] = sizeOf(element);
      const total = values.reduce((sum, value) => sum + value, 0);
      const [cx, cy, radius] = [Math.min(height, width * 0.55) / 2, height / 2, Math.min(height, width * 0.55) / 2 - 16];
      const round = 2 * Math.PI * radius;
      let turned = 0;
      const arcs = values
        .map((value, i) => {
          const part = (value / total) * round;
          const arc = `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="none" stroke="${COLOURS[i]}" stroke-width="26" stroke-dasharray="${Math.max(part - 3, 1)} ${round}" stroke-dashoffset="${-turned}" transform="rotate(-90 ${cx} ${cy})"/>`;
          turned += part;
          return arc;
        })
        .join('');
      const labels = visual.labels
        .map((label, i) => {
          const y = cy + (i - (visual.labels.length - 1) / 2) * 27;
          const x = cx * 2 + 14;
          return `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${COLOURS[i]}"/><text x="${x + 20}" y="${y + 1}">${label}</text><text class="strong" x="${width - 4}" y="${y + 1}" text-anchor="end">${number((100 * values[i]) / total, 1)} %</text>`;
        })
        .join('');
      const sum = `<text class="strong" x="${cx}" y="${cy + 8}" text-anchor="middle" style="font-size:24px">${number(total * visual.scale)}</text>`;
      element.innerHTML = svg(width, height, arcs + labels + sum);
    },
  },
  bars: {
    count: (visual) => visual.labels.length,
    draw(element, visual, values) {
      const bars = visual.labels.map(
        (label, i) =>
          `<span>${label}</span><div class="track"><i style="width:${values[i] * 100}%;background:${COLOURS[i % COLOURS.length]}"></i></div><b>${number(values[i] * visual.scale, visual.decimals)}</b>`,
      );
      element.innerHTML = `<div class="bars">${bars.join('')}</div>`;
    },
  },
  heat: {
    count: (visual) => visual.rows.length * visual.columns,
    draw(element, visual, values) {
      const cells = visual.rows.flatMap((row, r) => [
        `<em>${row}</em>`,
        ...Array.from({ length: visual.columns }, (_, c) => {
          const value = values[r * visual.columns + c];
          return `<span style="background:hsl(${212 - value * 10} ${45 + value * 45}% ${94 - value * 52}%)"></span>`;
        }),
      ]);
      element.innerHTML = `<div class="heat" style="grid-template-columns:max-content repeat(${visual.columns},1fr)">${cells.join('')}</div>`;
    },
  },
  table: {
    count: (visual) => visual.rows * 2,
    draw(element, visual, values, seconds, extraRows) {
      const rows = [...extraRows];
      for (let i = 0; rows.length < visual.rows; i += 1) {
        const [units, load] = [values[2 * i] * 900, values[2 * i + 1] * 100];
        const id = 73210 + Math.floor(seconds / 20) - i;
        rows.push([`SH-${id}`, SITES[id % SITES.length], number(units), `${number(load)} %`, load > 70 ? 'On the way' : load > 35 ? 'Loading' : 'Delayed']);
      }
      const kind = (column) => (column === 2 || column === 3 ? ' class="number"' : '');
      const moods = { 'On the way': 'good', Closed: 'good', Loading: 'fair', Delayed: 'poor', Open: 'poor' };
      const cell = (text, column) => `<td${kind(column)}>${column === 4 ? `<span class="pill ${moods[text]}">${text}</span>` : text}</td>`;
      const head = visual.columns.map((name, column) => `<th${kind(column)}>${name}</th>`).join('');
      element.innerHTML = `<table><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table>`;
    },
  },
};
