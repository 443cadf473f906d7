//! RFC 8785: its published examples, another implementation as the oracle, and what we refuse beyond it.

use proofmark_evidence::canonical::{MAX_DEPTH, format_number, parse_strict, to_canonical};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The samples of RFC 8785, appendix B: a double's bits and its text.
const NUMBERS: &[(u64, &str)] = &[
    (0x0000_0000_0000_0000, "0"),
    (0x8000_0000_0000_0000, "0"),
    (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
    (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xc340_0000_0000_0000, "-9007199254740992"),
    (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
    (0x44b5_2d02_c7e1_4af6, "1e+23"),
    (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
    (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
    (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
    (0x444b_1ae4_d6e2_ef50, "1e+21"),
    (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
    (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
    (0x41b3_de43_5555_5553, "333333333.3333332"),
    (0x41b3_de43_5555_5554, "333333333.33333325"),
    (0x41b3_de43_5555_5555, "333333333.3333333"),
    (0x41b3_de43_5555_5556, "333333333.3333334"),
    (0x41b3_de43_5555_5557, "333333333.33333343"),
    (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
];

#[test]
fn numbers_of_the_rfc() {
    for (bits, text) in NUMBERS {
        assert_eq!(format_number(f64::from_bits(*bits)).as_deref(), Some(*text), "{bits:016x}");
        assert_eq!(to_canonical(&parse_strict(text.as_bytes()).unwrap()).unwrap(), *text, "{bits:016x} read back");
    }
    for bits in [0x7fff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000_u64] {
        assert_eq!(format_number(f64::from_bits(bits)), None);
    }
}

#[test]
fn powers_of_two_and_their_neighbours() {
    // Below a power of two the doubles stand twice as dense as above: the closest short form may belong to the neighbour.
    for exponent in 0..2046_u64 {
        for bits in [exponent << 52, (exponent << 52) + 1, ((exponent + 1) << 52) - 1] {
            let value = f64::from_bits(bits);
            let text = format_number(value).unwrap();
            assert_eq!(text, serde_json_canonicalizer::to_string(&value).unwrap(), "{bits:016x}");
            assert_eq!(text.parse(), Ok(value), "{bits:016x}");
        }
    }
}

#[test]
fn whole_examples_of_the_rfc() {
    let cases = [
        // Section 3.2.2: literals, numbers, escapes.
        (
            r#"{ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                 "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                 "literals": [null, true, false] }"#,
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#,
        ),
        // Section 3.2.3: keys in the order of UTF-16, where the emoji's surrogates come before U+FB33.
        (
            r#"{ "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
                 "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" }"#,
            concat!(
                r#"{"\r":"Carriage Return","1":"One","#,
                "\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",",
                "\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
            ),
        ),
        (r#""\b\t\n\f\r\u0001\u001f\u007f\u2028""#, "\"\\b\\t\\n\\f\\r\\u0001\\u001f\u{7f}\u{2028}\""),
        ("[ 56, { \"d\": true, \"10\": null, \"1\": [ ] } ]", r#"[56,{"1":[],"10":null,"d":true}]"#),
        ("-0", "0"),
    ];
    for (input, expected) in cases {
        assert_eq!(to_canonical(&parse_strict(input.as_bytes()).unwrap()).unwrap(), expected);
    }
}

#[test]
fn long_integers_pass_only_if_a_double_carries_every_digit() {
    let cases = [
        ("9007199254740992", true),
        ("-9007199254740992", true),
        ("9007199254740993", false),
        ("-9007199254740993", false),
        ("9007199254740994", true),
        ("100000000000000000", true),
        ("1152921504606846976", false),
        ("1152921504606847000", true),
        ("18446744073709551616", false),
        ("100000000000000000000", true),
        ("1000000000000000000000", false),
        ("1e21", true),
        ("9007199254740993.0", true),
        (r#""9007199254740993""#, true),
        (r#"{"a\"9007199254740993":1}"#, true),
        ("[1, {\"a\": [9007199254740993]}]", false),
    ];
    for (text, accepted) in cases {
        assert_eq!(parse_strict(text.as_bytes()).is_ok(), accepted, "{text}");
    }
    assert!(to_canonical(&json!([u64::MAX])).is_err());
    assert!(to_canonical(&json!([i64::MIN])).is_err());
    assert_eq!(to_canonical(&json!([1_u64 << 53, -(1_i64 << 53)])).unwrap(), "[9007199254740992,-9007199254740992]");
}

#[test]
fn what_strict_reading_refuses() {
    let refused: &[&[u8]] = &[
        b"",
        b"{",
        b"[1,]",
        b"1 2",
        b"nan",
        b"1e999",
        b"01",
        b"'a'",
        b"{\"a\":1,\"a\":1}",
        b"[{\"b\":{\"a\":1,\"\\u0061\":2}}]",
        b"\"\\ud800\"",
        b"\"\xff\"",
        b"\xef\xbb\xbf1",
    ];
    for bytes in refused {
        assert!(parse_strict(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse_strict(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(parse_strict(nested(MAX_DEPTH + 1).as_bytes()).is_err());
    assert!(parse_strict("[{\"a\":".repeat(100_000).as_bytes()).is_err());
}

fn any_double() -> impl Strategy<Value = f64> {
    // Uniform bits reach every exponent; short decimals and whole numbers are what people write.
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (any::<i32>(), -30_i32..30).prop_map(|(digits, exponent)| f64::from(digits) * 10_f64.powi(exponent)),
        any::<i64>().prop_map(|whole| whole as f64),
        // Quarters and halves whose shortest form is a tie between two digits, and powers of two with their neighbours.
        (1_u64 << 50..1 << 53, 0..8).prop_map(|(whole, halvings)| whole as f64 / f64::from(1 << halvings)),
        (0_u64..2046, -2_i64..=2)
            .prop_map(|(exponent, step)| f64::from_bits((exponent << 52).saturating_add_signed(step))),
    ]
    .prop_filter("finite", |value| value.is_finite())
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[\u{0}-\u{7f}]{0,8}", "[\u{e000}-\u{ffff}\u{10000}-\u{10ffff}]{0,3}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any_double().prop_map(Value::from),
        (-(1_i64 << 53)..=(1_i64 << 53)).prop_map(Value::from),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_is_a_fixed_point(value in any_json()) {
        let text = to_canonical(&value).unwrap();
        let again = parse_strict(text.as_bytes()).unwrap();
        prop_assert_eq!(to_canonical(&again).unwrap(), text);
    }

    #[test]
    fn another_implementation_writes_the_same(value in any_json()) {
        prop_assert_eq!(to_canonical(&value).unwrap(), serde_json_canonicalizer::to_string(&value).unwrap());
    }

    #[test]
    fn spaces_order_and_spelling_do_not_matter(value in any_json()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        // Only an integer-valued double that serde spells with digits we refuse may be refused.
        if let Ok(read) = parse_strict(pretty.as_bytes()) {
            prop_assert_eq!(to_canonical(&read).unwrap(), to_canonical(&value).unwrap());
        }
    }

    #[test]
    fn doubles_read_back_bit_by_bit(value in any_double()) {
        let text = format_number(value).unwrap();
        let read = parse_strict(text.as_bytes()).unwrap().as_f64().unwrap();
        prop_assert_eq!((value + 0.0).to_bits(), read.to_bits(), "{}", text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(value) = parse_strict(&bytes) {
            to_canonical(&value).unwrap();
        }
    }
}
