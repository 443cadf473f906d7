//! The reliability diagram: what the model says against how often it is right, with how many predictions say so.

use super::px;
use crate::data::CalibrationBin;
use crate::format;
use maud::{Markup, html};

const SIDE: f64 = 300.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 16.0;
const BARS_TOP: f64 = TOP + SIDE + 14.0;
const BARS_HEIGHT: f64 = 56.0;
const WIDTH: f64 = LEFT + SIDE + 18.0;
const HEIGHT: f64 = BARS_TOP + BARS_HEIGHT + 46.0;

/// Bins with fewer predictions are faded and not joined by the line: a share of so few is mostly chance.
pub(crate) const FEW: u64 = 10;

/// The words of the diagram.
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    pub(crate) counts_label: String,
    pub(crate) perfect_label: String,
}

/// The diagram. Bins whose numbers are not finite are left out.
pub(crate) fn reliability(bins: &[CalibrationBin], words: &Words) -> Markup {
    let bins: Vec<&CalibrationBin> =
        bins.iter().filter(|bin| bin.count > 0 && bin.confidence.is_finite() && bin.accuracy.is_finite()).collect();
    let largest = bins.iter().map(|bin| bin.count).max().unwrap_or(1) as f64;
    let x_at = |share: f64| LEFT + share.clamp(0.0, 1.0) * SIDE;
    let y_at = |share: f64| TOP + (1.0 - share.clamp(0.0, 1.0)) * SIDE;
    let floor = BARS_TOP + BARS_HEIGHT;
    html! {
        svg.chart.reliability viewBox={ "0 0 " (px(WIDTH)) " " (px(HEIGHT)) } role="img"
            aria-labelledby="reliability-title reliability-description" {
            title id="reliability-title" { (words.title) }
            desc id="reliability-description" { (words.description) }
            @for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
                line.grid x1=(px(LEFT)) x2=(px(LEFT + SIDE)) y1=(px(y_at(tick))) y2=(px(y_at(tick))) {}
                text x=(px(LEFT - 8.0)) y=(px(y_at(tick) + 4.0)) text-anchor="end" { (px(tick * 100.0)) "%" }
                text x=(px(x_at(tick))) y=(px(floor + 18.0)) text-anchor="middle" { (px(tick * 100.0)) "%" }
            }
            line.perfect x1=(px(x_at(0.0))) y1=(px(y_at(0.0))) x2=(px(x_at(1.0))) y2=(px(y_at(1.0))) {}
            text.mark x=(px(x_at(0.04))) y=(px(y_at(0.93))) { (words.y_label) }
            text.mark x=(px(x_at(0.97))) y=(px(y_at(0.04))) text-anchor="end" { (words.perfect_label) }
            path.line.train d=(bins.iter().filter(|bin| bin.count >= FEW).enumerate().map(|(idx, bin)| format!(
                "{}{} {}", if idx == 0 { 'M' } else { 'L' }, px(x_at(bin.confidence)), px(y_at(bin.accuracy))
            )).collect::<String>()) {}
            @for bin in &bins {
                @let few = bin.count < FEW;
                line.gap.few[few] x1=(px(x_at(bin.confidence))) x2=(px(x_at(bin.confidence)))
                    y1=(px(y_at(bin.confidence))) y2=(px(y_at(bin.accuracy))) {}
                circle.dot.train.few[few] cx=(px(x_at(bin.confidence))) cy=(px(y_at(bin.accuracy))) r="4.5" {
                    title { (format::percent(bin.confidence)) " → " (format::percent(bin.accuracy)) " (" (format::count(bin.count)) ")" }
                }
                // Square roots: the last bin of a good model holds nearly all, and the others must stay visible.
                @let height = (bin.count as f64 / largest).sqrt() * (BARS_HEIGHT - 4.0);
                rect.count x=(px(x_at(bin.confidence) - 7.0)) y=(px(floor - height)) width="14" height=(px(height.max(1.0))) {
                    title { (format::count(bin.count)) }
                }
            }
            line.grid x1=(px(LEFT)) x2=(px(LEFT + SIDE)) y1=(px(floor)) y2=(px(floor)) {}
            text.mark x=(px(x_at(0.04))) y=(px(BARS_TOP + 14.0)) { (words.counts_label) }
            text x=(px(LEFT + SIDE / 2.0)) y=(px(HEIGHT - 8.0)) text-anchor="middle" { (words.x_label) }
        }
    }
}
