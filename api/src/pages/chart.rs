//! Small charts as SVG: lines in attributes, for pages allow no style inside.

/// Width and height of a small chart, in its own units.
pub const WIDTH: f64 = 240.0;
/// See [`WIDTH`].
pub const HEIGHT: f64 = 48.0;
/// Room above and below the line.
const MARGIN: f64 = 3.0;

/// A line through values, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Points of a `<polyline>`.
    pub points: String,
    /// The same down to the ground, for a `<polygon>`.
    pub area: String,
}

/// A line through two values or more; of fewer there is none.
pub fn line(values: &[u64]) -> Option<Line> {
    let (least, most) = (values.iter().min()?, values.iter().max()?);
    let step = WIDTH / (values.len().checked_sub(1).filter(|steps| *steps > 0)? as f64);
    let span = (most - least).max(1) as f64;
    let point = |(place, value): (usize, &u64)| {
        let share = (value - least) as f64 / span;
        let y = HEIGHT - MARGIN - share * (HEIGHT - 2.0 * MARGIN);
        format!("{:.1},{y:.1}", place as f64 * step)
    };
    let points: Vec<String> = values.iter().enumerate().map(point).collect();
    let points = points.join(" ");
    let area = format!("0,{HEIGHT} {points} {WIDTH},{HEIGHT}");
    Some(Line { points, area })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_rises_with_its_values() {
        let line = line(&[1, 2, 3]).unwrap();
        assert_eq!(line.points, "0.0,45.0 120.0,24.0 240.0,3.0");
        assert!(line.area.starts_with("0,48 0.0,45.0") && line.area.ends_with("240,48"));
        assert_eq!(super::line(&[5, 5]).unwrap().points, "0.0,45.0 240.0,45.0");
        assert_eq!(super::line(&[5]), None);
        assert_eq!(super::line(&[]), None);
    }
}
