//! Measures the largest error of `math`'s f32 functions over all 2³² arguments against std's f64 functions.
//!
//! ```text
//! cargo run --release -p proofmark-tensor --example ulp              # all, some minutes
//! cargo run --release -p proofmark-tensor --example ulp -- exp pow   # some
//! cargo run --release -p proofmark-tensor --example ulp -- every=97  # of 97 arguments one
//! ```
#![allow(clippy::disallowed_methods, reason = "the oracle is std's f64 mathematics")]

#[allow(dead_code, reason = "the digests are for the tests")]
#[path = "../tests/tensor/functions.rs"]
mod functions;

use functions::{FUNCTIONS, ulp_error};
use proofmark_tensor::{math, random::Stream};

fn main() {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|given| given.contains('='));
    let every = options.iter().find_map(|given| given.strip_prefix("every=")?.parse().ok()).unwrap_or(1);
    let wanted = |name: &str| names.is_empty() || names.iter().any(|given| given == name);
    for function in FUNCTIONS.iter().filter(|function| wanted(function.name)) {
        let mut worst = Worst::default();
        for bits in (0..=u32::MAX).step_by(every) {
            let x = f32::from_bits(bits);
            worst.see(ulp_error((function.compute)(x), (function.oracle)(f64::from(x))), [x, x]);
        }
        println!("{:10} {:.3} ulp at {:e} (bound {})", function.name, worst.ulp, worst.at[0], function.max_ulp);
    }
    if wanted("pow") {
        let worst = worst_of_pow(every);
        println!("{:10} {:.3} ulp at {:e} ^ {:e}", "pow", worst.ulp, worst.at[0], worst.at[1]);
    }
}

#[derive(Default)]
struct Worst {
    ulp: f64,
    at: [f32; 2],
}

impl Worst {
    fn see(&mut self, ulp: f64, at: [f32; 2]) {
        if ulp > self.ulp {
            *self = Worst { ulp, at };
        }
    }
}

/// 2³² pairs: half of them any bits, half with a result that is likely finite and not 0.
fn worst_of_pow(every: usize) -> Worst {
    let stream = Stream::new(1, "pow");
    let mut worst = Worst::default();
    for block in (0..1u32 << 30).step_by(every) {
        let [a, b, c, d] = stream.u32s(0, 0, block);
        for (x, y) in [(a, b), (c, d)] {
            let (x, y) = (f32::from_bits(x), f32::from_bits(y));
            worst.see(ulp_error(math::pow(x, y), f64::from(x).powf(f64::from(y))), [x, y]);
            let x = x.abs();
            let y = 140.0 * (y % 1.0) / x.log2();
            worst.see(ulp_error(math::pow(x, y), f64::from(x).powf(f64::from(y))), [x, y]);
        }
    }
    worst
}
