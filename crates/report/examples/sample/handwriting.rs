//! Digits that look handwritten, drawn by code.

use proofmark_report::Thumbnail;

const SIDE: usize = 28;

/// An image of a handwritten-looking digit: its strokes, shaken and slanted, with soft edges.
pub(crate) fn digit(random: &mut Random, digit: usize) -> Thumbnail {
    let (slant, size) = (random.between(-0.28, 0.28), random.between(0.82, 1.0));
    let (right, down) = (random.between(-1.5, 1.5), random.between(-1.2, 1.2));
    let thick = random.between(1.0, 1.75);
    let mut segments = Vec::new();
    for stroke in STROKES[digit % STROKES.len()] {
        let points: Vec<(f64, f64)> = smooth(stroke)
            .into_iter()
            .map(|(x, y)| {
                let (x, y) = ((x - 0.5) * size + random.between(-0.008, 0.008), (y - 0.5) * size);
                (14.0 + right + (x - y * slant) * 20.0, 14.0 + down + y * 20.0)
            })
            .collect();
        segments.extend(points.windows(2).map(|pair| (pair[0], pair[1])));
    }
    let mut pixels = Vec::with_capacity(SIDE * SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let at = (x as f64 + 0.5, y as f64 + 0.5);
            let nearest = segments.iter().map(|(a, b)| distance(at, *a, *b)).fold(f64::INFINITY, f64::min);
            pixels.push((255.0 * (thick + 0.55 - nearest).clamp(0.0, 1.0)) as u8);
        }
    }
    Thumbnail::new(SIDE, SIDE, 1, pixels).expect("28 x 28 grey pixels are an image")
}

/// A small generator of repeatable numbers; its quality does not matter here.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.next() * (high - low)
    }
}

/// Control points of each digit's strokes in the unit square, x to the right and y down.
const STROKES: [&[&[(f64, f64)]]; 10] = [
    &[&[(0.55, 0.05), (0.28, 0.2), (0.22, 0.55), (0.35, 0.92), (0.62, 0.92), (0.78, 0.55), (0.74, 0.2), (0.52, 0.05)]],
    &[&[(0.42, 0.2), (0.54, 0.06), (0.52, 0.5), (0.5, 0.95)]],
    &[&[(0.25, 0.25), (0.42, 0.06), (0.68, 0.16), (0.66, 0.42), (0.4, 0.72), (0.22, 0.93), (0.5, 0.9), (0.8, 0.92)]],
    &[&[(0.28, 0.12), (0.55, 0.05), (0.7, 0.22), (0.45, 0.45), (0.72, 0.62), (0.66, 0.88), (0.42, 0.96), (0.24, 0.84)]],
    &[&[(0.32, 0.08), (0.24, 0.38), (0.3, 0.55), (0.78, 0.52)], &[(0.7, 0.1), (0.66, 0.5), (0.62, 0.96)]],
    &[
        &[(0.34, 0.08), (0.3, 0.28), (0.28, 0.45), (0.55, 0.42), (0.72, 0.62), (0.6, 0.9), (0.26, 0.92)],
        &[(0.34, 0.08), (0.72, 0.06)],
    ],
    &[&[(0.62, 0.05), (0.36, 0.3), (0.26, 0.65), (0.42, 0.94), (0.68, 0.86), (0.7, 0.62), (0.46, 0.54), (0.28, 0.72)]],
    &[&[(0.22, 0.12), (0.5, 0.1), (0.78, 0.1), (0.6, 0.45), (0.46, 0.95)]],
    &[&[
        (0.66, 0.16),
        (0.4, 0.06),
        (0.3, 0.28),
        (0.55, 0.48),
        (0.72, 0.74),
        (0.5, 0.95),
        (0.28, 0.76),
        (0.46, 0.5),
        (0.7, 0.28),
        (0.64, 0.12),
    ]],
    &[&[(0.7, 0.22), (0.48, 0.06), (0.28, 0.24), (0.38, 0.46), (0.66, 0.4), (0.71, 0.2), (0.66, 0.6), (0.58, 0.96)]],
];

/// Catmull-Rom: a smooth line through the control points.
fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let at = |idx: isize| points[idx.clamp(0, points.len() as isize - 1) as usize];
    let mut line = Vec::new();
    for idx in 0..points.len() as isize - 1 {
        let (p0, p1, p2, p3) = (at(idx - 1), at(idx), at(idx + 1), at(idx + 2));
        for step in 0..8 {
            let t = f64::from(step) / 8.0;
            let curve = |a: f64, b: f64, c: f64, d: f64| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            line.push((curve(p0.0, p1.0, p2.0, p3.0), curve(p0.1, p1.1, p2.1, p3.1)));
        }
    }
    line.push(at(points.len() as isize - 1));
    line
}

fn distance(at: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((at.0 - a.0) * dx + (at.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (at.0 - a.0 - t * dx).hypot(at.1 - a.1 - t * dy)
}
