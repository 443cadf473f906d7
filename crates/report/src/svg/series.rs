//! A series as a small plot.

use crate::data::SeriesPlot;
use maud::{Markup, html};

/// The plot's side, and how far lines stay from its edge.
const SIDE: f64 = 96.0;
const EDGE: f64 = 4.0;

/// One line for each channel, the later ones fainter.
pub(crate) fn series(plot: &SeriesPlot, alternative: &str) -> Markup {
    html! {
        svg.series viewBox="0 0 96 96" role="img" aria-label=(alternative) {
            @for (idx, heights) in plot.channels.iter().enumerate() {
                polyline points=(points(heights)) opacity=(super::px(1.0 - 0.75 * idx as f64 / plot.channels.len() as f64)) {}
            }
        }
    }
}

fn points(heights: &[u16]) -> String {
    let wide = (heights.len().max(2) - 1) as f64;
    let point = |(step, height): (usize, &u16)| {
        let x = EDGE + step as f64 / wide * (SIDE - 2.0 * EDGE);
        let y = SIDE - EDGE - f64::from(*height) / f64::from(crate::data::PLOT_TOP) * (SIDE - 2.0 * EDGE);
        format!("{x:.1},{y:.1}")
    };
    heights.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}
