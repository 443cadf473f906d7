//! Digests: FIPS 180's examples, one spelling, streaming.

use proofmark_evidence::{Digest, DigestWriter};
use std::io::Write;

#[test]
fn known_digests() {
    let cases = [
        ("", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    for (text, name) in cases {
        let digest = Digest::of(text.as_bytes());
        assert_eq!(digest.to_string(), name);
        assert_eq!(format!("{digest:?}"), name);
        assert_eq!(name.parse::<Digest>().unwrap(), digest);
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<Digest>(&format!("\"{name}\"")).unwrap(), digest);
        assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    }
}

#[test]
fn a_digest_has_one_spelling() {
    let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let upper = digits.to_uppercase();
    let cases = [
        String::new(),
        digits.to_owned(),
        format!("sha256:{upper}"),
        format!("SHA256:{digits}"),
        format!("sha256:{}", &digits[1..]),
        format!("sha256:{digits}0"),
        format!("sha256:{digits}00"),
        format!("sha256: {}", &digits[1..]),
        format!("sha256:{}g", &digits[1..]),
        format!("sha256:{}é", &digits[2..]),
        format!("sha512:{digits}"),
    ];
    for text in cases {
        assert!(text.parse::<Digest>().is_err(), "{text}");
    }
}

#[test]
fn streaming_gives_the_same_digest() {
    let numbers: Vec<f32> = (0..5000).map(|idx| idx as f32 * -0.37).chain([f32::NAN, -0.0, f32::INFINITY]).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    for cut in [0, 1, 1023, 1024, 1025, 4096, numbers.len()] {
        let mut writer = DigestWriter::new();
        writer.update_f32(&numbers[..cut]);
        writer.write_all(&bytes[4 * cut..]).unwrap();
        assert_eq!(writer.finish(), Digest::of(&bytes), "cut at {cut}");
    }
}
