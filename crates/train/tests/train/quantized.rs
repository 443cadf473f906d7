//! Trained networks with weights of 8 bits: what they compute, and that everybody computes the same.

use std::collections::BTreeMap;

use proofmark_data::Prepared;
use proofmark_engine::cpu::{CpuExecutor, Level};
use proofmark_engine::ops::Operation;
use proofmark_engine::quantize::QuantizedLayer;
use proofmark_engine::{Feed, Node, Session, StateBlock, Step};
use proofmark_model::{CheckedModel, ModelSpec, Quantization, Target, model_file};
use proofmark_train::calibrate::{CalibrationMethod, calibrate, calibration_rows};
use proofmark_train::predict::{Evaluator, PredictError, Predictor};
use proofmark_train::training::TrainingInput;
use proofmark_train::{TrainSpec, train};
use serde_json::json;

use crate::squares::{Memory, SAMPLES, SEED, SIDE, prepared};

fn model() -> CheckedModel {
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "conv2d": { "filters": 5, "kernel": 3, "padding": "same", "activation": "relu" } },
        { "max_pool2d": { "size": 2 } },
        "flatten",
        { "dense": { "units": 16, "activation": "relu" } },
        { "dense": { "units": 2, "activation": "softmax" } },
    ] }))
    .expect("a model");
    spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits")
}

fn spec() -> TrainSpec {
    serde_json::from_value(json!({
        "epochs": 6, "batch_size": 16, "loss": "categorical_crossentropy",
        "optimizer": { "adam": { "learning_rate": 0.01 } },
    }))
    .expect("a spec")
}

fn trained(data: &Prepared) -> StateBlock {
    let (model, spec) = (model(), spec());
    let input = TrainingInput {
        model: &model,
        spec: &spec,
        train: &data.train,
        validation: &data.test,
        seed: SEED,
        training_digest: "test",
        executor: CpuExecutor::new(1),
        stop_after: None,
    };
    train(input, None, &mut Memory::default()).expect("it trains").state
}

fn quantized(data: &Prepared, state: &StateBlock, method: CalibrationMethod) -> Quantization {
    let rows = calibration_rows(data.train.len(), 60);
    calibrate(&model(), state, CpuExecutor::new(2), &data.train, &rows, method).expect("finite")
}

fn samples(data: &Prepared) -> Vec<f32> {
    let rows: Vec<u32> = (0..data.test.len() as u32).collect();
    let mut samples = vec![0.0; SAMPLES * SIDE * SIDE];
    data.test.gather(&rows, &mut samples);
    samples
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

#[test]
fn a_quantised_model_says_the_same_from_its_file_and_on_every_machine() {
    let data = prepared(&json!([]));
    let (model, state, samples) = (model(), trained(&data), samples(&data));
    for method in [CalibrationMethod::Max, CalibrationMethod::Percentile(99.9)] {
        let quantization = quantized(&data, &state, method);
        let names: Vec<&str> = quantization.layers.keys().map(String::as_str).collect();
        assert_eq!(names, ["conv2d_1.kernel", "dense_1.kernel", "dense_2.kernel"]);
        assert_eq!(quantization, quantized(&data, &state, method));
        let graph = model.quantized_inference_graph(&quantization).expect("a graph").graph;
        let mut rest = quantization.remaining(&graph, &state);
        let predict = |quantization: &Quantization, rest: &mut StateBlock, executor: CpuExecutor| {
            let mut predictor = Predictor::quantized(&model, quantization, executor, rest).expect("it fits");
            predictor.predict(rest, &samples).expect("finite")
        };
        let said = predict(&quantization, &mut rest, CpuExecutor::new(1));
        for level in Level::available() {
            for threads in [1, 2, 5] {
                let executor = CpuExecutor { level, ..CpuExecutor::new(threads) };
                let again = predict(&quantization, &mut rest, executor);
                assert_eq!(bits(&again), bits(&said), "{level}, {threads} threads");
            }
        }
        let bytes = model_file::write_quantized(&rest, &quantization, &BTreeMap::new());
        let mut file = model_file::parse(&bytes).expect("a model file");
        let read = file.take_quantization(&model.inference_graph().expect("a graph").graph).expect("its layers");
        let mut other = StateBlock::new(&graph);
        file.load(&mut other).expect("its states");
        assert_eq!(bits(&predict(&read, &mut other, CpuExecutor::new(2))), bits(&said));
        // Most of the network are weights, and those are a quarter.
        let before = model_file::write(&state, &BTreeMap::new());
        let numbers = |bytes: &[u8]| bytes.len() - 8 - u64::from_le_bytes(*bytes.first_chunk().expect("8")) as usize;
        assert!(numbers(&bytes) * 3 < numbers(&before), "{} of {}", numbers(&bytes), numbers(&before));

        let mut evaluator = Evaluator::new(&model, &spec().loss, CpuExecutor::new(1), &state).expect("it fits");
        let before = evaluator.evaluate(&mut state.clone(), &data.test, |_| ()).expect("finite");
        let mut evaluator =
            Evaluator::quantized(&model, &quantization, &spec().loss, CpuExecutor::new(1), &rest).expect("it fits");
        let after = evaluator.evaluate(&mut rest, &data.test, |_| ()).expect("finite");
        assert_eq!(bits(&after.probabilities), bits(&said));
        assert!(before.accuracy() > 0.95 && after.accuracy() > before.accuracy() - 0.02, "{}", after.accuracy());
    }
}

/// What a layer read and gave, and what its definition gives of the same numbers, in f64.
#[test]
fn each_layer_is_its_definition_and_near_the_layer_that_it_stands_for() {
    let data = prepared(&json!([]));
    let (model, state, samples) = (model(), trained(&data), samples(&data));
    let quantization = quantized(&data, &state, CalibrationMethod::Max);
    let mut graph = model.quantized_inference_graph(&quantization).expect("a graph").graph;
    let is_layer = |node: &&Node| matches!(node.op, Operation::QuantizedConv2d(_) | Operation::QuantizedDense(_));
    let layers: Vec<Node> = graph.nodes().iter().filter(is_layer).cloned().collect();
    for (idx, node) in layers.iter().enumerate() {
        graph.output(&format!("in {idx}"), node.inputs[0]).expect("a name");
        graph.output(&format!("out {idx}"), node.outputs[0]).expect("a name");
    }
    let mut rest = quantization.remaining(&graph, &state);
    let mut session = CpuExecutor::new(2).session(&graph, &rest, SAMPLES).expect("it fits");
    let step = Step { ids: &[0; SAMPLES], index: 0, seed: 0 };
    session.run(&mut rest, &step, &[Feed::F32(&samples)]).expect("it runs");
    for (idx, (node, name)) in layers.iter().zip(["conv2d_1.kernel", "dense_1.kernel", "dense_2.kernel"]).enumerate() {
        let (seen, given) = (session.output(1 + 2 * idx), session.output(2 + 2 * idx));
        let (QuantizedLayer { input, weights }, trained) = (&quantization.layers[name], state.get(name).expect("it"));
        let columns = weights.shape().last();
        let terms = weights.values().len() / columns;
        // The rows of the product: a layer's input, or for the convolution the windows, with 0 beyond the edge.
        let rows: Vec<Vec<f32>> = match &node.op {
            Operation::QuantizedConv2d(_) => windows(seen),
            _ => seen.chunks_exact(terms).map(<[f32]>::to_vec).collect(),
        };
        assert_eq!(given.len(), rows.len() * columns);
        for (row, given) in rows.iter().zip(given.chunks_exact(columns)) {
            for (column, given) in given.iter().enumerate() {
                let (scale, weight_scale) = (f64::from(input.scale), f64::from(weights.scales()[column]));
                let (mut defined, mut wanted, mut bound) = (0.0, 0.0, 0.0);
                for (k, x) in row.iter().enumerate() {
                    let at = k * columns + column;
                    let (x, w) = (f64::from(*x), f64::from(trained[at]));
                    let (low, high) = (-f64::from(input.zero_point), 255.0 - f64::from(input.zero_point));
                    // The division is f32's, which decides what lies in the middle.
                    let quotient = f64::from(row[k] / input.scale);
                    let q = quotient.round_ties_even().clamp(low, high);
                    defined += q * f64::from(weights.values()[at]) * scale * weight_scale;
                    wanted += x * w;
                    // Half a step of each, both at once; and half a step beyond the range, whose ends were rounded.
                    let (dx, dw) = ((x - q * scale).abs(), 0.5001 * weight_scale);
                    bound += dx * w.abs() + dw * x.abs() + dx * dw;
                }
                // The scales' product, the sum and their product are rounded once each.
                let slack = 3.0 * f64::from(f32::EPSILON / 2.0) * defined.abs() * 1.000_001 + 1e-30;
                assert!((f64::from(*given) - defined).abs() <= slack, "{name}: {given} is not {defined}");
                assert!((f64::from(*given) - wanted).abs() <= bound + slack, "{name}: {given} is far from {wanted}");
            }
        }
    }
}

/// The windows of 3 x 3 of images of one channel, padded.
fn windows(images: &[f32]) -> Vec<Vec<f32>> {
    let mut windows = Vec::new();
    for image in images.chunks_exact(SIDE * SIDE) {
        for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
            let pixel = |tap: usize| {
                let (row, column) = ((row + tap / 3).checked_sub(1)?, (column + tap % 3).checked_sub(1)?);
                (row < SIDE && column < SIDE).then(|| image[row * SIDE + column])
            };
            windows.push((0..9).map(|tap| pixel(tap).unwrap_or(0.0)).collect());
        }
    }
    windows
}

#[test]
fn activations_that_overflow_are_refused() {
    let data = prepared(&json!([]));
    let mut state = trained(&data);
    state.get_mut("conv2d_1.kernel").expect("a state").fill(3e38);
    let rows = calibration_rows(data.train.len(), 60);
    let result = calibrate(&model(), &state, CpuExecutor::new(1), &data.train, &rows, CalibrationMethod::Max);
    assert!(matches!(result, Err(PredictError::NotFinite { .. })), "{result:?}");
}

/// What a recurrent layer makes of its input is a product like any other; what it makes of its state is not.
#[test]
fn products_within_other_layers_are_found() {
    let data = prepared(&json!([]));
    let spec: ModelSpec = serde_json::from_value(json!({ "layers": [
        { "reshape": { "shape": [SIDE, SIDE] } },
        { "lstm": { "units": 2 } },
        "softmax",
    ] }))
    .expect("a model");
    let model = spec.check([SIDE, SIDE, 1], Target::Category { classes: 2 }).expect("it fits");
    let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
    model.initialize(1, &mut state);
    let calibrated = calibrate(&model, &state, CpuExecutor::new(1), &data.train, &[0, 1], CalibrationMethod::Max);
    assert_eq!(calibrated.expect("it runs").layers.keys().collect::<Vec<_>>(), ["lstm_1.kernel"]);
}
