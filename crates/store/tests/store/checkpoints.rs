//! Checkpoints: which stay, and that no damage goes unseen.

use crate::{names, refused, run};
use proofmark_store::{CheckpointId, Keep, OpenRun, StoreError};
use std::fs;

fn id(epoch: u32, step: u64) -> CheckpointId {
    CheckpointId { epoch, step }
}

fn ids(run: &OpenRun) -> Vec<(u32, u64)> {
    run.checkpoints().unwrap().iter().map(|checkpoint| (checkpoint.id.epoch, checkpoint.id.step)).collect()
}

#[test]
fn the_newest_the_best_and_the_kept_stay() {
    let (_folder, run) = run();
    assert!(run.best_checkpoint().unwrap().is_none());
    // (saved, keep always, marked best, what stands then, newest first)
    type Ids = &'static [(u32, u64)];
    let cases: [(_, bool, bool, Ids); 8] = [
        ((0, 10), false, false, &[(0, 10)]),
        ((0, 20), false, true, &[(0, 20), (0, 10)]),
        ((1, 30), true, false, &[(1, 30), (0, 20), (0, 10)]),
        ((1, 40), false, false, &[(1, 40), (1, 30), (0, 20)]),
        ((1, 50), false, false, &[(1, 50), (1, 40), (1, 30), (0, 20)]),
        ((2, 60), true, true, &[(2, 60), (1, 50), (1, 40), (1, 30), (0, 20)]),
        ((2, 70), false, false, &[(2, 70), (2, 60), (1, 50), (1, 30)]),
        // Steps sort as numbers, beyond the digits of the name too.
        ((10_000, 1_000_000_000), false, false, &[(10_000, 1_000_000_000), (2, 70), (2, 60), (1, 30)]),
    ];
    for ((epoch, step), always, best, expected) in cases {
        let keep = if always { Keep::Always } else { Keep::NEWEST };
        let saved = run.save_checkpoint(id(epoch, step), keep, b"parameters").unwrap();
        assert!(run.checkpoints().unwrap().contains(&saved));
        if best {
            run.mark_best(id(epoch, step)).unwrap();
        }
        assert_eq!(ids(&run), expected, "after {step}");
    }
    assert_eq!(run.best_checkpoint().unwrap().unwrap().id, id(2, 60));
    assert_eq!(run.kept_checkpoint(1).unwrap().unwrap().id, id(1, 30));
    assert!(run.kept_checkpoint(3).unwrap().is_none());
}

#[test]
fn what_was_just_saved_stays_even_if_newer_ones_are_there() {
    let (_folder, run) = run();
    for step in [100, 200, 50] {
        run.save_checkpoint(id(0, step), Keep::Newest(2), b"x").unwrap();
    }
    assert_eq!(ids(&run), [(0, 200), (0, 100), (0, 50)]);
}

#[test]
fn one_id_is_one_file() {
    let (_folder, run) = run();
    let folder = run.path().join("checkpoints");
    run.save_checkpoint(id(1, 5), Keep::NEWEST, b"first").unwrap();
    assert_eq!(names(&folder), ["epoch-0001-step-00000005.checkpoint"]);
    run.save_checkpoint(id(1, 5), Keep::Always, b"second").unwrap();
    assert_eq!(names(&folder), ["epoch-0001-step-00000005.kept.checkpoint"]);
    assert_eq!(run.checkpoints().unwrap()[0].read().unwrap(), b"second");
}

#[test]
fn bytes_come_back() {
    let (_folder, run) = run();
    for (step, bytes) in
        [vec![], vec![0], vec![b'\n'; 100], (0..=255).cycle().take(100_000).collect()].iter().enumerate()
    {
        let saved = run.save_checkpoint(id(0, step as u64), Keep::NEWEST, bytes).unwrap();
        assert_eq!(saved.read().unwrap(), *bytes);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let (_folder, run) = run();
    let saved = run.save_checkpoint(id(0, 1), Keep::NEWEST, b"parameters and moments").unwrap();
    let whole = fs::read(&saved.path).unwrap();
    for idx in 0..whole.len() {
        for bit in 0..8 {
            let mut altered = whole.clone();
            altered[idx] ^= 1 << bit;
            fs::write(&saved.path, altered).unwrap();
            let error = refused(saved.read());
            let expected = matches!(error, StoreError::DamagedCheckpoint { .. } | StoreError::NotACheckpoint { .. });
            assert!(expected, "bit {bit} of byte {idx}: {error}");
        }
    }
    for len in 0..whole.len() {
        fs::write(&saved.path, &whole[..len]).unwrap();
        refused(saved.read());
    }
}

#[test]
fn a_damaged_newest_one_leaves_the_older_one() {
    let (_folder, run) = run();
    for step in [1, 2] {
        run.save_checkpoint(id(0, step), Keep::NEWEST, &[step as u8; 8]).unwrap();
    }
    let found = run.checkpoints().unwrap();
    let mut bytes = fs::read(&found[0].path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&found[0].path, bytes).unwrap();
    let readable: Vec<Vec<u8>> = found.iter().filter_map(|checkpoint| checkpoint.read().ok()).collect();
    assert_eq!(readable, [[1; 8]]);
}

#[test]
fn other_files_are_no_checkpoints() {
    let (_folder, run) = run();
    let folder = run.path().join("checkpoints");
    let others = [
        "epoch-1-step-00000005.checkpoint",
        "epoch-0001-step-.checkpoint",
        "epoch-0001-step-+0000005.checkpoint",
        "epoch-0001.checkpoint",
        ".epoch-0001-step-00000005.checkpoint.1-0.tmp",
        "notes.txt",
    ];
    for name in others {
        fs::write(folder.join(name), "").unwrap();
    }
    assert!(run.checkpoints().unwrap().is_empty());
    assert!(matches!(run.mark_best(id(1, 5)), Err(StoreError::NotACheckpoint { .. })));
    for best in ["", "epoch-0001-step-00000005\n", "\u{0}"] {
        fs::write(folder.join("best"), best).unwrap();
        assert!(matches!(run.best_checkpoint(), Err(StoreError::NotACheckpoint { .. })), "{best:?}");
    }
}
