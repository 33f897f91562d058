// What can come over a page that was fine. The stand-in sends a mood once, so the next page is healthy.
const MOODS = {
  busy() {
    for (;;);
  },
  white: () => cover('#ffffff'),
  black: () => cover('#000000'),
  hog: () => hoard([], Infinity),
  grown: (mb) => hoard([], mb),
};

// Says so first: a busy page cannot any more.
async function fallInto(mood) {
  const headers = { 'content-type': 'application/json' };
  await fetch('/standin/mood', { method: 'POST', headers, body: JSON.stringify({ mood }) });
  const [[name, size]] = typeof mood === 'string' ? [[mood]] : Object.entries(mood);
  MOODS[name](size);
}

function cover(colour) {
  const sheet = document.createElement('div');
  sheet.style.cssText = `position:fixed;inset:0;z-index:9;background:${colour}`;
  document.body.append(sheet);
}

// 320 MB a second up to a size; memory counts only where something was written.
function hoard(kept, mb) {
  kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
  window.hoarded = kept;
  if (kept.length * 16 < mb) setTimeout(hoard, 50, kept, mb);
}
