//! Every colour of the page, light and dark, as one table; a test computes the contrast of each pair that carries text.

use std::fmt::Write;

/// A colour by its name in CSS (`--name`) and its value in each theme, as `0xRRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// The CSS variable's name, without the dashes.
    pub(crate) name: &'static str,
    /// Its value on a light page.
    pub(crate) light: u32,
    /// Its value on a dark page.
    pub(crate) dark: u32,
}

const fn role(name: &'static str, light: u32, dark: u32) -> Role {
    Role { name, light, dark }
}

const PAPER: Role = role("paper", 0xfb_fa_f6, 0x13_16_1b);
const CARD: Role = role("card", 0xff_ff_ff, 0x1a_1e_25);
const SUNKEN: Role = role("sunken", 0xf2_f0_e9, 0x0e_11_15);
const HAIR: Role = role("hair", 0xe4_e0_d6, 0x2b_31_3a);
const INK: Role = role("ink", 0x1a_1d_23, 0xec_e9_e2);
const MUTED: Role = role("muted", 0x5b_60_69, 0xa2_a8_b3);
const TRAIN: Role = role("train", 0x1f_55_99, 0x86_b4_f2);
const VALIDATION: Role = role("validation", 0xa8_51_0c, 0xf0_a8_63);
const GOOD: Role = role("good", 0x14_64_45, 0x74_d0_a2);
const BAD: Role = role("bad", 0xb0_28_20, 0xff_90_82);
const NONE: Role = role("none", 0x55_5b_66, 0xb0_b6_c0);
const GOOD_TINT: Role = role("good-tint", 0xe2_f1_e8, 0x17_30_27);
const BAD_TINT: Role = role("bad-tint", 0xfb_e8_e4, 0x3a_1f_1e);
const NONE_TINT: Role = role("none-tint", 0xee_ed_e9, 0x26_2b_33);

const ROLES: [Role; 14] =
    [PAPER, CARD, SUNKEN, HAIR, INK, MUTED, TRAIN, VALIDATION, GOOD, BAD, NONE, GOOD_TINT, BAD_TINT, NONE_TINT];

/// Share of the full colour at each level of the two ramps of the confusion matrix. The middle of a ramp is left out:
/// neither dark nor light text would be readable on it.
const RIGHT_LEVELS: [f64; 4] = [0.06, 0.11, 0.16, 0.22];
const WRONG_LEVELS: [f64; 5] = [0.08, 0.18, 0.30, 0.80, 1.0];
const RIGHT_NAMES: [(&str, &str); 4] =
    [("right-1", "right-1-ink"), ("right-2", "right-2-ink"), ("right-3", "right-3-ink"), ("right-4", "right-4-ink")];
const WRONG_NAMES: [(&str, &str); 5] = [
    ("wrong-1", "wrong-1-ink"),
    ("wrong-2", "wrong-2-ink"),
    ("wrong-3", "wrong-3-ink"),
    ("wrong-4", "wrong-4-ink"),
    ("wrong-5", "wrong-5-ink"),
];

/// Share of the full colour of a trial's line, from the worst to the best fifth. Poor trials are meant to fade.
const RANK_LEVELS: [f64; 5] = [0.22, 0.38, 0.56, 0.78, 1.0];
const RANK_NAMES: [&str; 5] = ["rank-1", "rank-2", "rank-3", "rank-4", "rank-5"];

/// Levels of the ramp for wrong predictions, `wrong-1` to `wrong-N`.
pub(crate) const N_WRONG: usize = WRONG_LEVELS.len();
/// Levels of the ramp for right predictions.
pub(crate) const N_RIGHT: usize = RIGHT_LEVELS.len();

/// Every colour, the ramps included.
pub(crate) fn roles() -> Vec<Role> {
    let mut all = ROLES.to_vec();
    for (background, foreground) in ramps() {
        all.extend([background, foreground]);
    }
    all.extend(
        RANK_NAMES
            .iter()
            .zip(RANK_LEVELS)
            .map(|(name, level)| role(name, mix(PAPER.light, TRAIN.light, level), mix(PAPER.dark, TRAIN.dark, level))),
    );
    all
}

/// WCAG's contrast ratio of two colours `0xRRGGBB`, 1 to 21.
fn contrast(first: u32, second: u32) -> f64 {
    let (first, second) = (luminance(first), luminance(second));
    (first.max(second) + 0.05) / (first.min(second) + 0.05)
}

/// The variables of both themes: light, dark by preference, and either by the reader's choice.
pub(crate) fn css() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for role in roles() {
        let Role { name, light: on_light, dark: on_dark } = role;
        write!(light, "--{name}:#{on_light:06x};").expect("a string takes every write");
        write!(dark, "--{name}:#{on_dark:06x};").expect("a string takes every write");
    }
    format!(
        ":root{{color-scheme:light;{light}}}\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}\
         @media print{{:root,:root[data-theme]{{color-scheme:light!important;{light}}}}}"
    )
}

/// Background and foreground of each level.
fn ramps() -> Vec<(Role, Role)> {
    let right = RIGHT_NAMES.iter().zip(RIGHT_LEVELS).map(|(names, level)| (names, level, TRAIN));
    let wrong = WRONG_NAMES.iter().zip(WRONG_LEVELS).map(|(names, level)| (names, level, BAD));
    right
        .chain(wrong)
        .map(|((background, foreground), level, full)| {
            let background = role(background, mix(CARD.light, full.light, level), mix(CARD.dark, full.dark, level));
            let ink = |under: u32, a: u32, b: u32| if contrast(under, a) >= contrast(under, b) { a } else { b };
            let foreground = role(
                foreground,
                ink(background.light, INK.light, CARD.light),
                ink(background.dark, INK.dark, SUNKEN.dark),
            );
            (background, foreground)
        })
        .collect()
}

fn mix(from: u32, to: u32, share: f64) -> u32 {
    (0..3).fold(0, |mixed, byte| {
        let shift = 16 - 8 * byte;
        let (a, b) = (f64::from(from >> shift & 0xff), f64::from(to >> shift & 0xff));
        mixed | ((a + (b - a) * share).round() as u32) << shift
    })
}

fn luminance(color: u32) -> f64 {
    let channel = |shift: u32| {
        let value = f64::from(color >> shift & 0xff) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2 AA for text; lines that carry meaning need 3 and are drawn in the same roles.
    const LEAST: f64 = 4.5;

    #[test]
    fn contrast_is_wcags() {
        assert!((contrast(0x00_00_00, 0xff_ff_ff) - 21.0).abs() < 1e-9);
        assert!((contrast(0x77_77_77, 0xff_ff_ff) - 4.478).abs() < 1e-3);
    }

    #[test]
    fn every_text_is_readable_in_both_themes() {
        let mut pairs: Vec<(Role, Role)> = Vec::new();
        for foreground in [INK, MUTED, TRAIN, VALIDATION, GOOD, BAD, NONE] {
            pairs.extend([PAPER, CARD, SUNKEN].map(|background| (foreground, background)));
        }
        pairs.extend([(GOOD, GOOD_TINT), (BAD, BAD_TINT), (NONE, NONE_TINT)]);
        pairs.extend(ramps().into_iter().map(|(background, foreground)| (foreground, background)));
        // The sign inside a disc is drawn in the colour of the page.
        pairs.extend([(PAPER, GOOD), (PAPER, BAD)]);
        for (foreground, background) in pairs {
            for (theme, ratio) in [
                ("light", contrast(foreground.light, background.light)),
                ("dark", contrast(foreground.dark, background.dark)),
            ] {
                assert!(ratio >= LEAST, "{} on {}, {theme}: {ratio:.2}", foreground.name, background.name);
            }
        }
    }
}
