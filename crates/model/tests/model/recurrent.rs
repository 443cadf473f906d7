//! Recurrent layers: where sequences end, directions, and dropout with one mask a sequence.

use proofmark_engine::{Feed, StateBlock};
use proofmark_model::{Loss, Optimizer, Regularizer, Target};

use crate::harness::{numbers, run, spec};
use crate::layers::values;

const UNITS: usize = 3;
const CHANNELS: usize = 2;

/// A layer of either cell with these settings, reading `steps` steps, with random states; its outputs.
fn outputs(cell: &str, settings: &str, steps: usize, x: &[f32], n_outputs: usize, lengths: &str) -> Vec<f32> {
    let json = format!(
        r#"{{ "layers": [
            {{ "reshape": {{ "name": "x", "shape": [{steps}, {CHANNELS}] }} }}, {lengths}
            {{ "{cell}": {{ "name": "r", "units": {UNITS}, {settings} }} }}, "flatten"] }}"#
    );
    let columns = if cell == "lstm" { 4 * UNITS } else { 3 * UNITS };
    let (kernel, recurrent) = (numbers(CHANNELS * columns, 1), numbers(UNITS * columns, 2));
    let (bias, inside) = (numbers(columns, 3), numbers(columns, 4));
    let mut states: Vec<(&str, &[f32])> =
        vec![("r.kernel", &kernel), ("r.recurrent_kernel", &recurrent), ("r.bias", &bias)];
    if cell == "gru" {
        states.push(("r.recurrent_bias", &inside));
    }
    values(&json, &[steps * CHANNELS], n_outputs, &states, x)
}

#[test]
fn a_padded_sequence_ends_where_the_padding_starts() {
    let x = numbers(3 * CHANNELS, 9);
    let mut padded = x.clone();
    padded.resize(5 * CHANNELS, 0.0);
    // A zero among others is no padding.
    let mut short = x;
    short[2] = 0.0;
    padded[2] = 0.0;
    let lengths = r#"{ "sequence_length": { "name": "length" } },"#;
    for cell in ["lstm", "gru"] {
        for direction in ["forward", "backward"] {
            let direction = format!(r#""direction": "{direction}""#);
            let expected = outputs(cell, &direction, 3, &short, UNITS, "");
            let settings = format!(r#"{direction}, "inputs": ["x", "length"]"#);
            assert_eq!(outputs(cell, &settings, 5, &padded, UNITS, lengths), expected, "{cell}, {direction}");
            assert_ne!(outputs(cell, &direction, 5, &padded, UNITS, ""), expected, "{cell}, {direction}");
            // Step by step: the same where the sequence is, and after it what it ended (or started) with.
            let expected =
                outputs(cell, &format!(r#"{direction}, "return_sequences": true"#), 3, &short, 3 * UNITS, "");
            let settings = format!(r#"{settings}, "return_sequences": true"#);
            let received = outputs(cell, &settings, 5, &padded, 5 * UNITS, lengths);
            assert_eq!(received[..3 * UNITS], expected, "{cell}, {direction}");
            let after: Vec<f32> =
                if direction.contains("forward") { expected[2 * UNITS..].to_vec() } else { vec![0.0; UNITS] };
            assert_eq!(received[3 * UNITS..].chunks(UNITS).collect::<Vec<_>>(), [&after[..]; 2], "{cell}, {direction}");
        }
        // Nothing but padding is a sequence without steps.
        let settings = r#""inputs": ["x", "length"]"#;
        assert_eq!(outputs(cell, settings, 5, &[0.0; 5 * CHANNELS], UNITS, lengths), [0.0; UNITS], "{cell}");
    }
}

#[test]
fn backward_is_forward_on_the_reversed_sequence() {
    let x = numbers(4 * CHANNELS, 8);
    let reversed: Vec<f32> = x.chunks(CHANNELS).rev().flatten().copied().collect();
    for cell in ["lstm", "gru"] {
        let all = r#""return_sequences": true"#;
        let forward = outputs(cell, all, 4, &reversed, 4 * UNITS, "");
        let backward = outputs(cell, &format!(r#"{all}, "direction": "backward""#), 4, &x, 4 * UNITS, "");
        let turned: Vec<f32> = forward.chunks(UNITS).rev().flatten().copied().collect();
        assert_eq!(backward, turned, "{cell}");
    }
}

/// A cell that forgets everything at once gives the same at every step of a constant sequence, unless the mask changes from
/// step to step.
#[test]
fn dropout_has_one_mask_a_sequence() {
    let (steps, channels, samples) = (6, 16, 5);
    let model = spec(&format!(
        r#"{{ "layers": [
            {{ "reshape": {{ "shape": [{steps}, {channels}] }} }},
            {{ "lstm": {{ "name": "r", "units": {UNITS}, "dropout": 0.5, "return_sequences": true }} }}, "flatten"] }}"#
    ));
    let n_outputs = steps * UNITS;
    let model = model.check([steps * channels], Target::Number { outputs: n_outputs }).expect("a model");
    let loss: Loss = serde_json::from_str(r#""mse""#).expect("a loss");
    let sgd: Optimizer = serde_json::from_str(r#"{ "sgd": { "learning_rate": 1e-30 } }"#).expect("an optimizer");
    let training = model.training_graph(&loss, &sgd, &Regularizer::default(), None).expect("a training");
    let mut state = StateBlock::new(&training.graph);
    model.initialize(3, &mut state);
    state.get_mut("r.recurrent_kernel").expect("a state").fill(0.0);
    let bias = state.get_mut("r.bias").expect("a state");
    bias[UNITS..2 * UNITS].fill(-100.0);
    let feeds = [
        ("x", Feed::F32(&vec![1.0; samples * steps * channels])),
        ("target", Feed::F32(&vec![0.0; samples * n_outputs])),
        ("weight", Feed::F32(&vec![1.0; samples])),
        ("loss_scale", Feed::F32(&[0.2])),
        ("learning_rate", Feed::F32(&[1e-30])),
    ];
    let session = run(&training.graph, &mut state, samples, &feeds);
    let received: Vec<&[f32]> = session.output(training.predictions).chunks(n_outputs).collect();
    for (sample, row) in received.iter().enumerate() {
        assert!(row.chunks(UNITS).all(|step| step == &row[..UNITS]), "sample {sample}: {row:?}");
        assert!(received[..sample].iter().all(|other| other != row), "sample {sample} has a mask of its own");
    }
}
