//! Draws the samples as an SVG.

use std::fmt::Write as _;

use crate::sample::Sample;

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;

/// About as many labels as an axis can hold.
const TICKS: f64 = 8.0;

struct Line {
    name: &'static str,
    colour: &'static str,
    value: fn(&Sample) -> f64,
}

const LINES: [Line; 3] = [
    Line {
        name: "web process",
        colour: "#1f6feb",
        value: |sample| sample.web_mb,
    },
    Line {
        name: "network process",
        colour: "#8250df",
        value: |sample| sample.network_mb,
    },
    Line {
        name: "daemon",
        colour: "#1a7f37",
        value: |sample| sample.daemon_mb,
    },
];

const LIMIT_COLOUR: &str = "#cf222e";

/// Where a value is on the picture.
struct Scale {
    /// In the unit of the axis.
    width: f64,
    height: f64,
    minute: f64,
    unit: &'static str,
}

/// The chart of a soak, with the web process's limit.
pub(crate) fn svg(samples: &[Sample], limit_mb: f64) -> String {
    let scale = Scale::new(samples, limit_mb);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"DejaVu Sans, sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    scale.draw_axes(&mut out);
    for line in &LINES {
        let points: Vec<_> = samples
            .iter()
            .map(|sample| {
                let (x, y) = (scale.x(sample.seconds), scale.y((line.value)(sample)));
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let (points, colour) = (points.join(" "), line.colour);
        put(
            &mut out,
            &format!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{points}\"/>"
            ),
        );
    }
    let (y, right) = (scale.y(limit_mb), WIDTH - RIGHT);
    put(
        &mut out,
        &format!(
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"{LIMIT_COLOUR}\" stroke-dasharray=\"6 4\"/>"
        ),
    );
    draw_legend(&mut out);
    out + "</svg>\n"
}

impl Scale {
    fn new(samples: &[Sample], limit_mb: f64) -> Self {
        let seconds = samples.last().map_or(1.0, |sample| sample.seconds);
        let largest = samples
            .iter()
            .map(|sample| sample.web_mb)
            .fold(limit_mb, f64::max);
        let (minute, unit) = if seconds > 2.0 * 3600.0 {
            (3600.0, "h")
        } else {
            (60.0, "min")
        };
        Self {
            width: seconds / minute,
            height: largest * 1.1,
            minute,
            unit,
        }
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.minute / self.width * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, mb: f64) -> f64 {
        HEIGHT - BOTTOM - mb / self.height * (HEIGHT - TOP - BOTTOM)
    }

    fn draw_axes(&self, out: &mut String) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for mb in ticks(self.height) {
            let (y, x) = (self.y(mb), LEFT - 8.0);
            put(
                out,
                &format!("<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e5e5e5\"/>"),
            );
            put(
                out,
                &format!(
                    "<text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{mb}</text>",
                    y + 4.0
                ),
            );
        }
        for time in ticks(self.width) {
            let x = self.x(time * self.minute);
            put(
                out,
                &format!("<path d=\"M{x:.1} {bottom}v5\" stroke=\"black\"/>"),
            );
            put(
                out,
                &format!(
                    "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{time}</text>",
                    bottom + 20.0
                ),
            );
        }
        put(
            out,
            &format!("<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"black\"/>"),
        );
        let middle = (LEFT + right) / 2.0;
        put(
            out,
            &format!(
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">time [{}]</text>",
                HEIGHT - 15.0,
                self.unit
            ),
        );
        put(out, "<text x=\"15\" y=\"30\">memory (PSS) [MB]</text>");
    }
}

fn draw_legend(out: &mut String) {
    let mut x = 250.0;
    let limit = ("limit of the web process", LIMIT_COLOUR);
    for (name, colour) in LINES
        .iter()
        .map(|line| (line.name, line.colour))
        .chain([limit])
    {
        put(
            out,
            &format!("<path d=\"M{x} 26h24\" stroke=\"{colour}\" stroke-width=\"3\"/>"),
        );
        put(
            out,
            &format!("<text x=\"{}\" y=\"30\">{name}</text>", x + 30.0),
        );
        x += 160.0;
    }
}

fn put(out: &mut String, element: &str) {
    // Writing into a text cannot fail.
    let _ = writeln!(out, "{element}");
}

/// Round numbers from 0 up to `end`.
fn ticks(end: f64) -> Vec<f64> {
    let rough = end / TICKS;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let mut ticks = Vec::new();
    let mut tick = 0.0;
    while tick <= end {
        // Without the dust of repeated addition.
        ticks.push((tick * 1000.0).round() / 1000.0);
        tick += step;
    }
    ticks
}
