//! Types for all shapes and attributes: what fits is accepted and has the extents of the textbook, what does not is an
//! error, and nothing panics.

use proofmark_engine::gradient::backward;
use proofmark_engine::ops::{
    AveragePool2d, Conv2d, Dense, MaxPool2d, Operation, Pad, Padding, Reduce, ReduceKind, ReferenceContext, Slice,
    Tensor64,
};
use proofmark_engine::{Graph, Type, Value};
use proptest::prelude::*;

/// The output extent of a window along one axis by the textbook's formulas; `None` where it does not fit.
fn extent(input: usize, size: usize, stride: usize, dilation: usize, padding: Padding) -> Option<usize> {
    if input == 0 || size == 0 || stride == 0 || dilation == 0 {
        return None;
    }
    let dilated = (size - 1) * dilation + 1;
    match padding {
        Padding::Valid => input.checked_sub(dilated).map(|rest| rest / stride + 1),
        Padding::Same => Some(input.div_ceil(stride)),
    }
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::Valid), Just(Padding::Same)]
}

fn pair(range: std::ops::Range<usize>) -> impl Strategy<Value = [usize; 2]> {
    [range.clone(), range]
}

/// The reference computes as many elements as the types say, and every input's gradient has the input's type.
fn check_sizes(op: impl Into<Operation>, types: &[Type], outputs: &[Type]) {
    let op = op.into();
    let context = ReferenceContext { ids: vec![0, 1], step: 0, seed: 0 };
    let inputs: Vec<Tensor64> = types
        .iter()
        .map(|ty| Tensor64 { ty: ty.clone(), data: vec![1.0; context.copies(ty) * ty.elements()] })
        .collect();
    let references = op.reference(&inputs.iter().collect::<Vec<_>>(), &context);
    for (reference, ty) in references.iter().zip(outputs) {
        assert_eq!(reference.data.len(), context.copies(ty) * ty.elements(), "{op} of {types:?}");
    }
    let mut graph = Graph::new();
    let inputs: Vec<Value> =
        types.iter().enumerate().map(|(i, ty)| graph.input(&format!("{i}"), ty.clone()).unwrap()).collect();
    let y = graph.add(op.clone(), &inputs).unwrap();
    let axes = (0..graph.shape(y).rank()).collect();
    let loss = graph.add(Reduce { kind: ReduceKind::Sum, axes }, &[y]).unwrap();
    let share = graph.input("share", Type::step([])).unwrap();
    let gradients = backward(&mut graph, loss, share, &inputs).unwrap();
    for (gradient, ty) in gradients.into_iter().zip(types) {
        assert_eq!(graph.ty(gradient.unwrap()), ty, "{op}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn convolutions(
        input in pair(0..9), channels in 0..7usize, filters in 0..7usize, kernel in pair(0..5), stride in pair(0..4),
        dilation in pair(0..4), groups in 0..4usize, padding in padding(),
    ) {
        let conv = Conv2d { stride, padding, dilation, groups };
        let group_channels = channels.checked_div(groups).unwrap_or(1);
        let types = [
            Type::sample([input[0], input[1], channels]),
            Type::step([kernel[0], kernel[1], group_channels, filters]),
        ];
        let expected = [0, 1].map(|axis: usize| extent(input[axis], kernel[axis], stride[axis], dilation[axis], padding));
        let is_grouped = groups > 0 && channels > 0 && filters > 0 && channels % groups == 0 && filters % groups == 0;
        let inferred = Operation::from(conv).infer(&[&types[0], &types[1]]);
        match (expected, is_grouped) {
            ([Some(height), Some(width)], true) => {
                let outputs = inferred.unwrap();
                prop_assert_eq!(&outputs, &[Type::sample([height, width, filters])]);
                check_sizes(conv, &types, &outputs);
            }
            _ => prop_assert!(inferred.is_err(), "{:?}", inferred),
        }
    }

    #[test]
    fn poolings(
        input in pair(0..9), channels in 0..4usize, size in pair(0..5), stride in pair(0..4), padding in padding(),
    ) {
        let ty = Type::sample([input[0], input[1], channels]);
        let max = MaxPool2d { size, stride, padding };
        let average = AveragePool2d { size, stride, padding };
        let expected = [0, 1].map(|axis: usize| extent(input[axis], size[axis], stride[axis], 1, padding));
        for op in [Operation::from(max), Operation::from(average)] {
            let inferred = op.infer(&[&ty]);
            match expected {
                [Some(height), Some(width)] if channels > 0 => {
                    let outputs = inferred.unwrap();
                    prop_assert_eq!(&outputs[0], &Type::sample([height, width, channels]));
                    check_sizes(op, std::slice::from_ref(&ty), &outputs);
                }
                _ => prop_assert!(inferred.is_err(), "{:?}", inferred),
            }
        }
    }

    #[test]
    fn dense_layers(leading in prop::collection::vec(0..4usize, 0..3), k in 0..6usize, rows in 0..6usize, n in 0..6usize) {
        let shape: Vec<usize> = leading.iter().copied().chain([k]).collect();
        let types = [Type::sample(shape), Type::step([rows, n])];
        let inferred = Operation::from(Dense).infer(&[&types[0], &types[1]]);
        if k == rows && n > 0 && types[0].elements() > 0 {
            let outputs = inferred.unwrap();
            let expected: Vec<usize> = leading.into_iter().chain([n]).collect();
            prop_assert_eq!(&outputs, &[Type::sample(expected)]);
            check_sizes(Dense, &types, &outputs);
        } else {
            prop_assert!(inferred.is_err(), "{:?}", inferred);
        }
    }

    /// Attributes come from people: whatever they are, the answer is a type or an error.
    #[test]
    fn no_attribute_panics(
        numbers in prop::collection::vec(prop_oneof![Just(0), Just(usize::MAX), any::<usize>(), 0..5usize], 8),
        padding in padding(),
    ) {
        let n = |i: usize| numbers[i];
        let image = Type::sample([6, 5, 4]);
        let kernel = Type::step([3, 2, 2, 4]);
        let conv = Conv2d { stride: [n(0), n(1)], padding, dilation: [n(2), n(3)], groups: n(4) };
        let _ = Operation::from(conv).infer(&[&image, &kernel]);
        let (size, stride) = ([n(0), n(1)], [n(2), n(3)]);
        let _ = Operation::from(MaxPool2d { size, stride, padding }).infer(&[&image]);
        let _ = Operation::from(AveragePool2d { size, stride, padding }).infer(&[&image]);
        let _ = Operation::from(Slice { axis: n(5), start: n(6), length: n(7) }).infer(&[&image]);
        let _ = Operation::from(Pad { axis: n(5), before: n(6), after: n(7) }).infer(&[&image]);
    }
}
