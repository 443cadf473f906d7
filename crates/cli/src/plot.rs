//! A curve in characters, for a terminal of any kind: no colours, no Unicode that a font could lack.

/// Columns of the curve.
const COLUMNS: usize = 64;

/// Lines of the curve.
const ROWS: usize = 10;

/// A curve over an axis of factors (each decade as wide as the next).
pub(crate) struct Curve<'a> {
    /// Position, above 0 and rising, and value. At least one.
    pub(crate) points: &'a [(f64, f64)],
    /// A position to mark below the axis.
    pub(crate) mark: Option<f64>,
    /// The greatest value that is drawn; what lies above it stands on the top line.
    pub(crate) most: f64,
}

impl Curve<'_> {
    /// The curve, its axes and the mark, every line ended.
    pub(crate) fn draw(&self) -> String {
        let (Some((first, _)), Some((last, _))) = (self.points.first(), self.points.last()) else {
            return String::new();
        };
        let decades = decades(last / first).max(1e-9);
        let column =
            |position: f64| (self::decades(position / first) / decades * (COLUMNS - 1) as f64).round() as usize;
        let least = self.points.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
        let greatest = self.points.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max).min(self.most);
        let height = (greatest - least).max(1e-12);
        let mut cells = vec![[b' '; COLUMNS]; ROWS];
        for (position, value) in self.points {
            let row = ((greatest - value.min(greatest)) / height * (ROWS - 1) as f64).round() as usize;
            cells[row.min(ROWS - 1)][column(*position).min(COLUMNS - 1)] = b'*';
        }
        let labels = [(0, greatest), (ROWS / 2, (greatest + least) / 2.0), (ROWS - 1, least)];
        let labels = labels.map(|(row, value)| (row, format!("{value:.3}")));
        let width = labels.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (row, cells) in cells.iter().enumerate() {
            let label = labels.iter().find(|(at, _)| *at == row).map_or("", |(_, label)| label);
            let line = String::from_utf8_lossy(cells);
            text.push_str(format!("  {label:>width$} |{line}").trim_end());
            text.push('\n');
        }
        text.push_str(&format!("  {:>width$} +{}\n", "", "-".repeat(COLUMNS)));
        let mut ticks = [b' '; COLUMNS];
        let mut names = vec![b' '; COLUMNS + 6];
        for exponent in -12_i32..12 {
            // Powers of ten as text, which is exact.
            let Ok(tick) = format!("1e{exponent}").parse::<f64>() else { continue };
            if tick >= first * 0.999 && tick <= last * 1.001 {
                let (at, name) = (column(tick).min(COLUMNS - 1), format!("1e{exponent}"));
                ticks[at] = b'|';
                // Names that would touch are left out.
                if names[at.saturating_sub(1)..at + name.len()].iter().all(|cell| *cell == b' ') {
                    names[at..at + name.len()].copy_from_slice(name.as_bytes());
                }
            }
        }
        if let Some(mark) = self.mark.filter(|mark| *mark >= *first && *mark <= *last) {
            ticks[column(mark).min(COLUMNS - 1)] = b'^';
        }
        for line in [&ticks[..], &names] {
            text.push_str(format!("  {:>width$}  {}", "", String::from_utf8_lossy(line)).trim_end());
            text.push('\n');
        }
        text
    }
}

/// How many factors of ten it is.
fn decades(factor: f64) -> f64 {
    factor.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_drawn_with_its_mark() {
        // Six factors of ten from 1e-5, in ten steps each: down to 1 at 0.1, then up, beyond what is drawn.
        let loss = |step: i32| if step < 40 { f64::from(80 - step) / 40.0 } else { 1.0 + f64::from(step - 40) * 0.3 };
        let rate = |step: i32| format!("1e{}", step / 10 - 5).parse::<f64>().unwrap() * TENTHS[step as usize % 10];
        let points: Vec<(f64, f64)> = (0..=60).map(|step| (rate(step), loss(step))).collect();
        let drawn = Curve { points: &points, mark: Some(1e-3), most: 2.5 }.draw();
        assert_eq!(drawn, include_str!("plot.txt"), "\n{drawn}");
    }

    /// Tenths of a factor of ten.
    const TENTHS: [f64; 10] = [1.0, 1.259, 1.585, 1.995, 2.512, 3.162, 3.981, 5.012, 6.31, 7.943];

    #[test]
    fn one_point_and_none_draw_something() {
        assert_eq!(Curve { points: &[], mark: None, most: 1.0 }.draw(), "");
        assert_eq!(Curve { points: &[(1e-3, 2.0)], mark: Some(1.0), most: 5.0 }.draw().matches('*').count(), 1);
    }
}
