use proofmark_tensor::math;
use proofmark_tensor::random::{LANE_BLOCKS, Stream, philox4x32_10};

use crate::{digest, digest_f32};

/// Bounds are five standard deviations: with fixed seeds a failure means a changed or broken generator, not bad luck.
const DEVIATIONS: f64 = 5.0;
const N: usize = 1 << 20;

fn stream() -> Stream {
    Stream::new(42, "conv1.dropout")
}

fn uniforms() -> Vec<f32> {
    let mut out = vec![0.0; N];
    stream().fill_uniform(3, 7, &mut out);
    out
}

fn normals() -> Vec<f32> {
    let mut out = vec![0.0; N];
    stream().fill_normal(3, 7, &mut out);
    out
}

/// `n` draws of a quantity with this mean and standard deviation: does their mean lie within the bound?
fn check_mean(what: &str, values: impl ExactSizeIterator<Item = f64>, mean: f64, deviation: f64) {
    let n = values.len() as f64;
    let distance = (values.sum::<f64>() / n - mean).abs();
    let bound = DEVIATIONS * deviation / n.sqrt();
    assert!(distance <= bound, "{what}: mean is off by {distance:e}, bound {bound:e}");
}

/// Pearson's statistic for equally likely bins; it has mean `bins - 1` and variance `2 (bins - 1)`. Too even is wrong as well.
fn check_even(what: &str, counts: &[usize]) {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let statistic: f64 =
        counts.iter().map(|&count| (count as f64 - expected) * (count as f64 - expected) / expected).sum();
    let freedom = counts.len() as f64 - 1.0;
    let bound = DEVIATIONS * (2.0 * freedom).sqrt();
    assert!((statistic - freedom).abs() <= bound, "{what}: chi-square {statistic}, expected {freedom} +- {bound}");
}

#[test]
fn philox_gives_the_published_answers() {
    // Random123, kat_vectors, philox4x32 with 10 rounds.
    let cases = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];
    for (counter, key, expected) in cases {
        assert_eq!(philox4x32_10(counter, key), expected);
    }
}

#[test]
fn golden_bits() {
    // A change here changes every trained model.
    let mut bits = vec![0; 1_000];
    stream().fill_bits(3, 7, &mut bits);
    let mut items: Vec<u32> = (0..1_000).collect();
    stream().shuffle(3, &mut items);
    let actual = [
        digest(stream().u32s(3, 7, 0).map(u64::from)),
        digest(Stream::new(0, "").u32s(0, 0, 0).map(u64::from)),
        digest(Stream::new(u64::MAX, "卷积").u32s(u32::MAX, u64::MAX, u32::MAX).map(u64::from)),
        digest(bits.iter().map(|&bits| u64::from(bits))),
        digest_f32(uniforms()),
        digest_f32(normals()),
        digest((0..1_000).map(|element| u64::from(stream().below(3, 7, element, 10)))),
        digest(items.iter().map(|&item| u64::from(item))),
    ];
    let expected: [u64; 8] = [
        0x3040_5fba_d697_fa54,
        0x5627_d772_4b72_f9bf,
        0x3d5b_7951_0913_dda9,
        0xdaec_6092_82e4_9f0a,
        0x61e2_12e0_a9bb_5b16,
        0x3f22_cf50_8cba_b39a,
        0xfbb9_05c7_830c_718e,
        0xeffe_97a0_c7b4_3625,
    ];
    assert_eq!(format!("{actual:#x?}"), format!("{expected:#x?}"));
}

#[test]
fn the_key_depends_on_seed_and_name() {
    let streams = [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("ab", 0), ("", 0), ("", 1)]
        .map(|(name, seed)| Stream::new(seed, name));
    for (idx, stream) in streams.iter().enumerate() {
        assert!(!streams[..idx].contains(stream), "stream {idx} has the key of an earlier one");
    }
    assert_eq!(Stream::new(1, "a"), Stream::new(1, "a"));
}

#[test]
fn filling_gives_what_single_elements_give() {
    for n in [0, 1, 3, 4, 63, 64, 65, 127, 300] {
        let (mut bits, mut uniforms, mut normals) = (vec![0; n], vec![0.0; n], vec![0.0; n]);
        stream().fill_bits(3, 1 << 40, &mut bits);
        stream().fill_uniform(3, 1 << 40, &mut uniforms);
        stream().fill_normal(3, 1 << 40, &mut normals);
        for idx in 0..n {
            let element = idx as u32;
            assert_eq!(bits[idx], stream().u32_at(3, 1 << 40, element));
            assert_eq!(bits[idx], stream().u32s(3, 1 << 40, element / 4)[idx % 4]);
            assert_eq!(uniforms[idx].to_bits(), stream().uniform_at(3, 1 << 40, element).to_bits());
            assert_eq!(normals[idx].to_bits(), stream().normal_at(3, 1 << 40, element).to_bits());
        }
    }
    let [word_0, word_1, word_2, word_3] = stream().lanes(3, 7, 5);
    for block in 0..LANE_BLOCKS {
        let words = [word_0[block], word_1[block], word_2[block], word_3[block]];
        assert_eq!(words, stream().u32s(3, 7, 5 + block as u32));
    }
}

#[test]
fn uniform_numbers_are_uniform() {
    let values = uniforms();
    assert!(values.iter().all(|value| (0.0..1.0).contains(value) && (value * 16_777_216.0).fract() == 0.0));
    let wide = || values.iter().map(|&value| f64::from(value));
    check_mean("uniform", wide(), 0.5, (1.0f64 / 12.0).sqrt());
    // (u - 1/2)^2 has mean 1/12 and variance 1/80 - 1/144 = 1/180.
    check_mean("square", wide().map(|u| (u - 0.5) * (u - 0.5)), 1.0 / 12.0, (1.0f64 / 180.0).sqrt());
    let mut counts = [0; 256];
    values.iter().for_each(|value| counts[(value * 256.0) as usize] += 1);
    check_even("uniform", &counts);
    // Pairs of neighbours, in 16 x 16 cells.
    let mut counts = [0; 256];
    values.chunks_exact(2).for_each(|pair| counts[(pair[0] * 16.0) as usize * 16 + (pair[1] * 16.0) as usize] += 1);
    check_even("pairs", &counts);
}

#[test]
fn every_bit_is_a_fair_coin() {
    let mut bits = vec![0u32; N];
    stream().fill_bits(0, 0, &mut bits);
    for bit in 0..32 {
        check_mean("bit", bits.iter().map(|word| f64::from(word >> bit & 1)), 0.5, 0.5);
    }
}

#[test]
fn streams_steps_and_samples_are_uncorrelated() {
    let base = uniforms();
    let variants = [
        (Stream::new(43, "conv1.dropout"), 3, 7),
        (Stream::new(42, "conv2.dropout"), 3, 7),
        (stream(), 4, 7),
        (stream(), 3, 8),
    ];
    for (idx, (stream, step, id)) in variants.into_iter().enumerate() {
        let mut other = vec![0.0; N];
        stream.fill_uniform(step, id, &mut other);
        let products = base.iter().zip(&other).map(|(&u, &v)| (f64::from(u) - 0.5) * (f64::from(v) - 0.5));
        check_mean(&format!("variant {idx}"), products, 0.0, 1.0 / 12.0);
    }
}

#[test]
fn normal_numbers_are_normal() {
    let values = normals();
    let wide = || values.iter().map(|&value| f64::from(value));
    // The moments of a normal number z: E z^2 = 1, E z^3 = 0, E z^4 = 3, Var z^2 = 2, Var z^3 = 15, Var z^4 = 96.
    check_mean("z", wide(), 0.0, 1.0);
    check_mean("z^2", wide().map(|z| z * z), 1.0, 2.0f64.sqrt());
    check_mean("z^3", wide().map(|z| z * z * z), 0.0, 15.0f64.sqrt());
    check_mean("z^4", wide().map(|z| z * z * z * z), 3.0, 96.0f64.sqrt());
    check_mean("pairs", values.chunks_exact(2).map(|pair| f64::from(pair[0]) * f64::from(pair[1])), 0.0, 1.0);
    // Through its own distribution function a number becomes uniform.
    let mut counts = [0; 64];
    for value in &values {
        let u = 0.5 * (1.0 + math::erf(value * std::f32::consts::FRAC_1_SQRT_2));
        counts[((u * 64.0) as usize).min(63)] += 1;
    }
    check_even("normal", &counts);
    assert!(values.iter().all(|value| value.abs() < 6.67));
}

#[test]
fn below_is_even_and_below() {
    let mut counts = [0; 10];
    (0..N as u32).for_each(|element| counts[stream().below(0, 0, element, 10) as usize] += 1);
    check_even("below", &counts);
    for n in [0, 1] {
        assert_eq!(stream().below(0, 0, 0, n), 0);
    }
    assert!((0..1_000).all(|element| stream().below(0, 0, element, u32::MAX) < u32::MAX));
}

#[test]
fn shuffling_gives_every_order_equally_often() {
    let mut counts = [0; 24];
    for step in 0..48_000 {
        let mut items = [0, 1, 2, 3];
        stream().shuffle(step, &mut items);
        // The order's rank (Lehmer code).
        let rank = (0..4).fold(0, |rank, idx| {
            rank * (4 - idx) + items[idx + 1..].iter().filter(|&&later| later < items[idx]).count()
        });
        counts[rank] += 1;
    }
    check_even("orders", &counts);
    for n in [0u32, 1, 1_000] {
        let mut items: Vec<u32> = (0..n).collect();
        stream().shuffle(0, &mut items);
        items.sort_unstable();
        assert!(items.iter().copied().eq(0..n));
    }
}
