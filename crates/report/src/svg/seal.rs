//! The proof mark: a stamp that says the verdict. Its engraved rosette is drawn from the model's digest, so two models
//! do not carry the same mark.

use super::{icon::Icon, px};
use maud::{Markup, html};
use std::f64::consts::TAU;

const CENTER: f64 = 130.0;

/// The words of a stamp.
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) description: String,
    /// Runs around the rim, above.
    pub(crate) rim_above: String,
    /// Runs around the rim, below.
    pub(crate) rim_below: String,
    /// Stands in the middle.
    pub(crate) word: String,
}

/// The stamp. `digest` gives the rosette; any text does, the same text gives the same rosette.
pub(crate) fn seal(sign: Icon, words: &Words, digest: &str) -> Markup {
    let sign_path = match sign {
        Icon::Yes => "M100 110 122 131 164 84",
        Icon::No => "M106 80 154 128M154 80 106 128",
        Icon::Unknown => "M102 104H158",
    };
    let length = words.word.chars().map(|c| if c.is_ascii() { 0.62 } else { 1.0 }).sum::<f64>();
    let word_size = (106.0 / length.max(1.0)).min(27.0);
    html! {
        svg class={ "seal " (sign.class()) } viewBox="0 0 260 260" role="img"
            aria-labelledby="seal-title seal-description" {
            title id="seal-title" { (words.title) }
            desc id="seal-description" { (words.description) }
            g transform="rotate(-7 130 130)" {
                path.rim d=(wave(122.0, 3.0, 72, 0.0)) {}
                circle.ring cx="130" cy="130" r="114" {}
                @for (idx, d) in rosette(digest).iter().enumerate() {
                    path.rosette d=(d) data-curve=(idx + 1) {}
                }
                circle.ring.thin cx="130" cy="130" r="86" {}
                circle.ground cx="130" cy="130" r="70" {}
                // Both arcs run left to right for the reader: above clockwise, below counter-clockwise.
                path.baseline id="seal-above" d="M35 130A95 95 0 0 1 225 130" {}
                path.baseline id="seal-below" d="M26.5 130A103.5 103.5 0 0 0 233.5 130" {}
                text.rim-text { textPath href="#seal-above" startOffset="50%" text-anchor="middle" { (words.rim_above) } }
                text.rim-text.small { textPath href="#seal-below" startOffset="50%" text-anchor="middle" { (words.rim_below) } }
                path.sign d=(sign_path) {}
                text.stamped x="130" y="166" text-anchor="middle" font-size=(px(word_size)) { (words.word) }
            }
        }
    }
}

/// Three interlaced waves between the inner ring and the sign, their petals chosen by the digest.
fn rosette(digest: &str) -> Vec<String> {
    // FNV-1a: any text becomes four well-mixed numbers; nothing rests on it but the look.
    let hash = digest
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let part = |idx: u32| (hash >> (8 * idx) & 0xff) as f64 / 255.0;
    let petals = 14 + (hash >> 40 & 0x0f) as u32;
    (0..3_u32).map(|idx| wave(78.0, 4.5 + part(idx) * 3.0, petals + idx * 3, part(idx + 3) * TAU)).collect()
}

/// A closed wave around the centre, in short straight pieces.
fn wave(radius: f64, height: f64, petals: u32, phase: f64) -> String {
    let n = petals * 10;
    let mut d = String::with_capacity(n as usize * 12);
    for idx in 0..n {
        let angle = f64::from(idx) / f64::from(n) * TAU;
        let at = radius + height * (f64::from(petals) * angle + phase).sin();
        d.push(if idx == 0 { 'M' } else { 'L' });
        d.push_str(&px(CENTER + at * angle.cos()));
        d.push(' ');
        d.push_str(&px(CENTER + at * angle.sin()));
    }
    d.push('Z');
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_digest_gives_another_mark() {
        assert_eq!(rosette("7f3a"), rosette("7f3a"));
        assert_ne!(rosette("7f3a"), rosette("7f3b"));
        assert_ne!(rosette(""), rosette("7f3b"));
    }
}
