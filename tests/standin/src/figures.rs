//! Figures that look like a business: smooth, moving a little every second, the same for the same visual.

/// `count` values from 0 to 1 for a visual, at a time in seconds.
pub(crate) fn values(visual: &str, count: usize, seconds: f64) -> Vec<f64> {
    let seed = visual.bytes().fold(0_u32, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    });
    let phase = f64::from(seed % 1000) / 1000.0 * std::f64::consts::TAU;
    (0..u32::try_from(count.min(500)).unwrap_or(0))
        .map(|index| value(phase, f64::from(index), seconds))
        .collect()
}

fn value(phase: f64, index: f64, seconds: f64) -> f64 {
    let day = 0.25 * (index * 0.42 + phase).sin();
    let noise = 0.11 * (index * 1.7 + phase * 2.0 + seconds * 0.11).sin();
    let pulse = 0.05 * (index * 2.3 + phase * 3.0 + seconds * 0.9).sin();
    (0.55 + day + noise + pulse).clamp(0.02, 1.0)
}
