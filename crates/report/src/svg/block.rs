//! One layer's output as a block: as high as the image, as deep as it is wide, as thick as it has channels, all by their
//! logarithm. The shape stands beside it in numbers.

use super::px;
use maud::{Markup, html};

/// Height of the tallest block, in units.
const HEIGHT: f64 = 86.0;

/// The block of an output shape. `parameters` tells whether the layer learns, which fills the block.
pub(crate) fn block(shape: &[u64], learns: bool) -> Markup {
    let log = |side: u64| (side.max(1) as f64).log2();
    // A list is as tall as it is long; an image as tall as its height, with its channels as thickness.
    let (tall, deep, thick) = match shape {
        [] => (0.0, 0.0, 0.0),
        [length] => (log(*length) * 0.8, 0.0, 0.0),
        [length, channels] => (log(*length), 0.0, log(*channels)),
        [height, width, rest @ ..] => (log(*height), log(*width), rest.iter().map(|side| log(*side)).sum()),
    };
    let height = (8.0 + tall * 9.0).min(HEIGHT - 26.0);
    let depth = (deep * 4.2).min(24.0);
    let width = 7.0 + (thick * 5.0).min(60.0);
    let total = width + depth;
    let (top, bottom) = (HEIGHT - height - 1.0, HEIGHT - 1.0);
    let class = if learns { "block learns" } else { "block" };
    html! {
        svg class=(class) width=(px(total + 2.0)) height=(px(HEIGHT)) viewBox={ "-1 0 " (px(total + 2.0)) " " (px(HEIGHT)) }
            aria-hidden="true" {
            @if depth > 0.0 {
                path.top d={ "M0 " (px(top)) "l" (px(depth)) " -" (px(depth)) "h" (px(width)) "l-" (px(depth)) " " (px(depth)) "z" } {}
                path.side d={ "M" (px(width)) " " (px(top)) "l" (px(depth)) " -" (px(depth)) "V" (px(bottom - depth))
                    "L" (px(width)) " " (px(bottom)) "z" } {}
            }
            rect.front x="0" y=(px(top)) width=(px(width)) height=(px(height)) {}
        }
    }
}
