//! Times in UTC: the forms, the calendar, the order.

use proofmark_evidence::UtcTime;

#[test]
fn forms() {
    let good = [
        "2026-11-23T10:20:30Z",
        "2024-02-29T00:00:00Z",
        "2000-02-29T23:59:59.999999999Z",
        "0001-01-01T00:00:00.0Z",
        "9999-12-31T23:59:59Z",
    ];
    for text in good {
        assert_eq!(UtcTime::parse(text).unwrap().as_str(), text);
        assert_eq!(UtcTime::parse(text).unwrap().date(), &text[..10]);
    }
    let bad = [
        "",
        "Z",
        "2026-11-23",
        "2026-11-23 10:20:30Z",
        "2026-11-23t10:20:30z",
        "2026-11-23T10:20:30",
        "2026-11-23T10:20:30+00:00",
        "2026-11-23T10:20:30.Z",
        "2026-11-23T10:20:30.1234567890Z",
        "2026-11-23T10:20:30,5Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T10:60:00Z",
        "2026-11-23T10:20:60Z",
        "2026-00-23T10:20:30Z",
        "2026-13-23T10:20:30Z",
        "2026-11-00T10:20:30Z",
        "2026-11-31T10:20:30Z",
        "2023-02-29T10:20:30Z",
        "1900-02-29T10:20:30Z",
        "2026-11-23T+1:20:30Z",
        "2026-11-23T10:20:3٣Z",
    ];
    for text in bad {
        assert!(UtcTime::parse(text).is_err(), "{text}");
    }
}

#[test]
fn order_is_that_of_time() {
    let sorted = [
        "1999-12-31T23:59:59.999Z",
        "2026-11-23T10:20:30Z",
        "2026-11-23T10:20:30.05Z",
        "2026-11-23T10:20:30.5Z",
        "2026-11-23T10:20:31Z",
        "2026-11-23T10:20:31.000000001Z",
    ];
    let times: Vec<UtcTime> = sorted.iter().map(|text| UtcTime::parse(text).unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a < b));
}

#[test]
fn from_the_unix_clock() {
    let cases = [
        (0, Some("1970-01-01T00:00:00.000Z")),
        (1, Some("1970-01-01T00:00:00.001Z")),
        (951_782_399_999, Some("2000-02-28T23:59:59.999Z")),
        (951_868_800_000, Some("2000-03-01T00:00:00.000Z")),
        (1_234_567_890_000, Some("2009-02-13T23:31:30.000Z")),
        (4_107_542_400_000, Some("2100-03-01T00:00:00.000Z")),
        (12_622_780_800_000, Some("2370-01-01T00:00:00.000Z")),
        (253_402_300_799_999, Some("9999-12-31T23:59:59.999Z")),
        (253_402_300_800_000, None),
        (u64::MAX, None),
    ];
    for (milliseconds, expected) in cases {
        let time = UtcTime::from_unix_milliseconds(milliseconds);
        assert_eq!(time.as_ref().map(UtcTime::as_str), expected, "{milliseconds}");
        if let Some(time) = time {
            assert_eq!(UtcTime::parse(time.as_str()).unwrap(), time, "prints what it reads");
        }
    }
}
