//! The event log: appending, cutting, resuming, reading along.

use crate::{refused, run};
use proofmark_store::{Event, OpenRun, RunFolder, StoreError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

fn values(run: &RunFolder) -> Vec<Value> {
    run.events().unwrap().map(|event| event.unwrap().value).collect()
}

fn append(run: &OpenRun, events: &[Value]) -> Vec<u64> {
    let mut log = run.event_log().unwrap();
    let ends = events.iter().map(|event| log.append(event).unwrap()).collect();
    log.sync().unwrap();
    ends
}

#[test]
fn events_come_back_with_their_places() {
    let (_folder, run) = run();
    assert!(values(&run).is_empty());
    let written = [json!({"epoch": 1, "text": "a\nb 手"}), json!(null), json!([1.5])];
    let ends = append(&run, &written);
    let read: Vec<Event<Value>> = run.events().unwrap().map(Result::unwrap).collect();
    let starts = [0, ends[0], ends[1]];
    for (idx, event) in read.iter().enumerate() {
        assert_eq!(*event, Event { start: starts[idx], end: ends[idx], value: written[idx].clone() });
    }
    assert_eq!(read.len(), 3);
    assert_eq!(fs::metadata(run.events_path()).unwrap().len(), ends[2]);
    // The next log goes on behind.
    let mut log = run.event_log().unwrap();
    assert_eq!((log.end(), log.cut_bytes()), (ends[2], 0));
    log.append(&4).unwrap();
    log.sync().unwrap();
    assert_eq!(values(&run)[3], 4);
}

#[test]
fn events_wait_in_memory_until_synced_or_dropped_or_many() {
    let (_folder, run) = run();
    let mut log = run.event_log().unwrap();
    let end = log.append(&json!("first")).unwrap();
    assert_eq!((values(&run).len(), log.end()), (0, end));
    log.sync().unwrap();
    assert_eq!(values(&run).len(), 1);
    let mut n_appended = 1;
    while values(&run).len() == 1 {
        log.append(&"x".repeat(1000)).unwrap();
        n_appended += 1;
        assert!(n_appended < 100, "a full buffer is written");
    }
    log.append(&json!("last")).unwrap();
    drop(log);
    assert_eq!(values(&run).len(), n_appended + 1);
}

#[test]
fn an_event_that_json_cannot_hold_leaves_no_trace() {
    let (_folder, run) = run();
    let mut log = run.event_log().unwrap();
    let end = log.append(&1).unwrap();
    let unwritable = std::collections::HashMap::from([((1, 2), 3)]);
    assert!(matches!(log.append(&unwritable), Err(StoreError::Unwritable { .. })));
    assert_eq!(log.end(), end);
    log.append(&2).unwrap();
    log.sync().unwrap();
    assert_eq!(values(&run), [json!(1), json!(2)]);
}

#[test]
fn a_resume_forgets_what_followed_its_checkpoint() {
    let (_folder, run) = run();
    let ends = append(&run, &[json!("a"), json!("b"), json!("c")]);
    let mut log = run.event_log().unwrap();
    for offset in [1, ends[1] - 1, ends[1] + 1, ends[2] + 1, u64::MAX] {
        assert!(matches!(log.truncate_to(offset), Err(StoreError::BadOffset { .. })), "{offset}");
    }
    assert_eq!(values(&run).len(), 3);
    log.truncate_to(ends[1]).unwrap();
    assert_eq!(log.end(), ends[1]);
    log.append(&json!("d")).unwrap();
    log.sync().unwrap();
    assert_eq!(values(&run), [json!("a"), json!("b"), json!("d")]);
    log.append(&json!("waiting")).unwrap();
    log.truncate_to(0).unwrap();
    assert!(values(&run).is_empty());
}

#[test]
fn a_damaged_line_is_told_with_its_place_and_the_rest_is_read() {
    let (_folder, run) = run();
    let ends = append(&run, &[json!(1), json!(2), json!(3)]);
    let mut bytes = fs::read(run.events_path()).unwrap();
    bytes[ends[0] as usize] = b'{';
    fs::write(run.events_path(), bytes).unwrap();
    let read: Vec<Result<Event<Value>, StoreError>> = run.events().unwrap().collect();
    assert_eq!(read.len(), 3);
    match &read[1] {
        Err(StoreError::BadEvent { line, .. }) => assert_eq!(*line, 2),
        other => panic!("{other:?}"),
    }
    assert_eq!(read[2].as_ref().unwrap().value, 3);
}

#[test]
fn a_reader_does_not_see_a_line_that_is_being_written() {
    let (_folder, run) = run();
    append(&run, &[json!(1)]);
    fs::write(run.events_path(), "1\n{\"epo").unwrap();
    assert_eq!(values(&run), [json!(1)]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_a_log_of_unknown_state_takes_nothing_more() {
    // /dev/full says what a full disk says, and cannot be cut back; /dev/null takes bytes and cannot be synchronised.
    for (device, is_full) in [("/dev/full", true), ("/dev/null", false)] {
        let (_folder, run) = run();
        std::os::unix::fs::symlink(device, run.events_path()).unwrap();
        let mut log = run.event_log().unwrap();
        log.append(&1).unwrap();
        match refused(log.sync()) {
            StoreError::DiskFull { path, .. } if is_full => assert_eq!(path, run.events_path()),
            StoreError::Io { path, .. } if !is_full => assert_eq!(path, run.events_path()),
            other => panic!("{other:?}"),
        }
        assert!(matches!(log.sync(), Err(StoreError::LogFailed { .. })));
        assert!(matches!(log.append(&2), Err(StoreError::LogFailed { .. })));
        assert!(matches!(log.truncate_to(0), Err(StoreError::LogFailed { .. })));
    }
}

#[test]
fn a_torn_line_longer_than_what_is_searched_at_once() {
    let (_folder, run) = run();
    append(&run, &[json!(1), json!("x".repeat(300_000))]);
    let whole = fs::read(run.events_path()).unwrap();
    fs::write(run.events_path(), &whole[..whole.len() - 1]).unwrap();
    let log = run.event_log().unwrap();
    assert_eq!((log.end(), log.cut_bytes()), (2, whole.len() as u64 - 3));
    assert_eq!(values(&run), [json!(1)]);
}

fn any_event() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        (any::<f32>(), ".{0,20}").prop_map(|(loss, text)| json!({"loss": loss, "text": text})),
        Just(json!({})),
    ]
}

proptest! {
    // Each case opens and writes files: fewer of them than of computed ones.
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_truncation_opens_with_a_prefix_of_the_events(
        events in prop::collection::vec(any_event(), 1..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let (_folder, run) = run();
        let ends = append(&run, &events);
        let whole = fs::read(run.events_path()).unwrap();
        for cut in cuts {
            let len = cut.index(whole.len() + 1);
            fs::write(run.events_path(), &whole[..len]).unwrap();
            let n_left = ends.iter().filter(|end| **end <= len as u64).count();
            prop_assert_eq!(values(&run), &events[..n_left]);
            let mut log = run.event_log().unwrap();
            let end = n_left.checked_sub(1).map_or(0, |last| ends[last]);
            prop_assert_eq!((log.end(), log.cut_bytes()), (end, len as u64 - end));
            prop_assert_eq!(fs::metadata(run.events_path()).unwrap().len(), end);
            log.append(&"after").unwrap();
            log.sync().unwrap();
            let mut expected = events[..n_left].to_vec();
            expected.push(json!("after"));
            prop_assert_eq!(values(&run), expected);
        }
    }
}
