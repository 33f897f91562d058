//! A slope that single peaks do not move.

/// The median of the slopes between all pairs of points (Theil and Sen).
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let later = points.iter().skip(index + 1).filter(|(later, _)| later > x);
        slopes.extend(later.map(|(later, higher)| (higher - y) / (later - x)));
    }
    slopes.sort_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).copied()
}
