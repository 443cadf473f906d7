use super::operator::{Limits, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands where pixels of the output come from outside of the input: `{ constant: 0 }`, `nearest` or `reflect`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fill {
    /// This value in every channel: 0 is black, 1 is white.
    Constant(#[schemars(range(min = 0.0, max = 1.0))] f64),
    /// The nearest pixel of the image's edge.
    Nearest,
    /// The image mirrored at its edge, whose own pixels are not repeated: `c b | a b c | b a`.
    Reflect,
}

impl Default for Fill {
    /// Black.
    fn default() -> Self {
        Fill::Constant(0.0)
    }
}

impl Parameters for Fill {
    fn check(&self, limits: &mut Limits<'_>) {
        match self {
            Fill::Constant(value) => limits.within("fill.constant", *value, 0.0, 1.0),
            Fill::Nearest | Fill::Reflect => {}
        }
    }
}

impl Fill {
    /// The position along an axis of `extent` pixels that stands for this one; `None` for the constant.
    pub(crate) fn position(self, position: isize, extent: usize) -> Option<usize> {
        let last = extent as isize - 1;
        if (0..=last).contains(&position) {
            return Some(position as usize);
        }
        match self {
            Fill::Constant(_) => None,
            Fill::Nearest => Some(position.clamp(0, last) as usize),
            Fill::Reflect if last == 0 => Some(0),
            Fill::Reflect => {
                let folded = position.rem_euclid(2 * last);
                Some(if folded > last { 2 * last - folded } else { folded } as usize)
            }
        }
    }

    /// The same for positions between pixels, along an axis of `extent` pixels: where they lie inside. With a constant
    /// that is `[-1, extent]`, a border of one pixel, and otherwise `[0, extent - 1]`.
    pub(crate) fn edge(self, extent: usize) -> Edge {
        let last = (extent - 1) as f32;
        match self {
            Fill::Constant(_) => Edge::Between { low: -1.0, high: last + 1.0 },
            Fill::Nearest => Edge::Between { low: 0.0, high: last },
            Fill::Reflect if extent == 1 => Edge::Between { low: 0.0, high: 0.0 },
            Fill::Reflect => Edge::Mirror { last, period: 2.0 * last, turns_a_pixel: 1.0 / (2.0 * last) },
        }
    }
}

/// What positions along an axis are put inside by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    /// [`inside`].
    Between { low: f32, high: f32 },
    /// [`mirrored`].
    Mirror { last: f32, period: f32, turns_a_pixel: f32 },
}

/// The nearest position in `[low, high]`; NaN becomes `low`.
#[inline(always)]
pub(crate) fn inside(position: f32, low: f32, high: f32) -> f32 {
    let position = if position > low { position } else { low };
    if position < high { position } else { high }
}

/// The position in `[0, last]` that mirrors at both ends lead to.
#[inline(always)]
pub(crate) fn mirrored(position: f32, last: f32, period: f32, turns_a_pixel: f32) -> f32 {
    let away = position.abs();
    // Truncation, since `away` is not negative; it saturates far out, where `inside` holds. One turn too many or too few
    // by rounding changes nothing: the ends of two turns are one place.
    let turns = (away * turns_a_pixel) as i32 as f32;
    let rest = away - turns * period;
    inside(if rest > last { period - rest } else { rest }, 0.0, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_outside_stand_for_positions_inside() {
        let row = |fill: Fill, extent| (-4..7).map(|p| fill.position(p, extent)).collect::<Vec<_>>();
        let some = |positions: [usize; 11]| positions.map(Some).to_vec();
        assert_eq!(row(Fill::Nearest, 3), some([0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]));
        assert_eq!(row(Fill::Reflect, 3), some([0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]));
        assert_eq!(row(Fill::Reflect, 1), some([0; 11]));
        assert_eq!(row(Fill::default(), 2).iter().flatten().count(), 2);
    }

    fn coordinate(fill: Fill, position: f32, extent: usize) -> f32 {
        match fill.edge(extent) {
            Edge::Between { low, high } => inside(position, low, high),
            Edge::Mirror { last, period, turns_a_pixel } => mirrored(position, last, period, turns_a_pixel),
        }
    }

    #[test]
    fn coordinates_agree_with_positions_at_whole_numbers() {
        for fill in [Fill::Nearest, Fill::Reflect] {
            for extent in 1..6 {
                for position in -20..25_isize {
                    let expected = fill.position(position, extent).unwrap() as f32;
                    assert_eq!(coordinate(fill, position as f32, extent), expected, "{fill:?} {position} of {extent}");
                }
            }
        }
        assert_eq!([-7.0, -0.5, 1.5, 9.0].map(|p| coordinate(Fill::default(), p, 4)), [-1.0, -0.5, 1.5, 4.0]);
    }

    #[test]
    fn whatever_the_position_the_coordinate_is_inside() {
        for position in [f32::MIN, -1e30, -1e9, 1e9, 3.4e10, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            for fill in [Fill::default(), Fill::Nearest, Fill::Reflect] {
                assert!((-1.0..=5.0).contains(&coordinate(fill, position, 5)), "{fill:?} {position}");
            }
        }
    }
}
