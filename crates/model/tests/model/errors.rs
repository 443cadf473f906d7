//! Every message, in both languages.

use std::collections::BTreeSet;

use proofmark_engine::{GradientError, GraphError, Span, Type, TypeError};
use proofmark_messages::{Lang, Localize};
use proofmark_model::layers::{conv2d, conv2d_transpose, dense};
use proofmark_model::{
    Clip, Loss, Mixup, ModelError, ModelErrorKind, ModelErrors, ModelSpec, Optimizer, Regularizer, Target,
};

use crate::harness::spec;

const DIGITS: Target = Target::Category { classes: 10 };

/// The name of a variant, from its debug text.
pub(crate) fn variant(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The variants of an enum, from its source.
pub(crate) fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let start = source.find(&format!("pub enum {name} {{")).expect("the enum");
    let body = &source[start..start + source[start..].find("\n}").expect("its end")];
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

/// Text and hint in both languages.
pub(crate) fn show(error: &impl Localize) -> String {
    let mut lines = Vec::new();
    for lang in Lang::ALL {
        lines.push(format!("    {}", error.text(lang)));
        lines.extend(error.hint(lang).map(|hint| format!("    hint: {hint}")));
    }
    lines.join("\n")
}

/// Specs that do not fit together: what they show, layers, shape of the sample, target.
const SPECS: &[(&str, &str, &[usize], Target)] = &[
    ("no layers", "", &[28, 28, 1], DIGITS),
    ("an empty sample", r#""flatten""#, &[28, 0], DIGITS),
    ("a name with a point", r#"{ "dense": { "name": "a.b", "units": 10 } }"#, &[4], DIGITS),
    ("a name that is taken", r#"{ "dense": { "name": "input", "units": 10 } }"#, &[4], DIGITS),
    (
        "a name twice",
        r#"{ "dense": { "name": "a", "units": 4 } }, { "dense": { "name": "a", "units": 10 } }"#,
        &[4],
        DIGITS,
    ),
    (
        "a misspelt input",
        r#"{ "dense": { "name": "stem", "units": 10 } }, { "relu": { "inputs": ["stemm"] } }"#,
        &[4],
        DIGITS,
    ),
    ("an unknown input", r#"{ "dense": { "inputs": ["somewhere_else"], "units": 10 } }"#, &[4], DIGITS),
    ("its own input", r#"{ "dense": { "name": "a", "inputs": ["a"], "units": 10 } }"#, &[4], DIGITS),
    (
        "a shared layer on another shape",
        r#"{ "dense": { "name": "a", "units": 10 } }, { "shared": { "layer": "a" } }"#,
        &[4],
        DIGITS,
    ),
    ("shared statistics", r#"{ "batch_norm": { "name": "a" } }, { "shared": { "layer": "a" } }"#, &[10], DIGITS),
    ("a sum of one", r#"{ "dense": { "units": 10 } }, "add""#, &[4], DIGITS),
    ("a layer of two", r#"{ "dense": { "inputs": ["input", "input"], "units": 10 } }"#, &[4], DIGITS),
    (
        "a branch that leads nowhere",
        r#"{ "dense": { "units": 4 } }, { "dense": { "inputs": ["input"], "units": 10 } }"#,
        &[4],
        DIGITS,
    ),
    ("an embedding a step", r#"{ "dense": { "units": 4 } }"#, &[5, 4], Target::Embedding { classes: 3 }),
    ("no blank", r#"{ "dense": { "units": 4 } }"#, &[5, 4], Target::Sequence { classes: 4 }),
    ("no units", r#"{ "dense": { "units": 0 } }"#, &[4], DIGITS),
    ("everything dropped", r#"{ "dropout": { "rate": 1.0 } }"#, &[10], DIGITS),
    ("a negative penalty", r#"{ "dense": { "units": 10, "kernel_regularizer": { "l2": -1e-5 } } }"#, &[4], DIGITS),
    ("too many axes", r#"{ "reshape": { "shape": [1, 1, 1, 1, 1, 1, 1, 1, 10] } }"#, &[10], DIGITS),
    ("a row as an image", r#"{ "conv2d": { "filters": 4, "kernel": 3 } }"#, &[784], DIGITS),
    ("an image without channels", r#"{ "conv2d": { "filters": 4, "kernel": 3 } }"#, &[28, 28], DIGITS),
    ("a scalar", r#"{ "dense": { "units": 10 } }"#, &[], DIGITS),
    ("a kernel larger than the image", r#"{ "conv2d": { "filters": 4, "kernel": 5 } }"#, &[4, 28, 1], DIGITS),
    ("a pool larger than the image", r#"{ "max_pool2d": { "size": 3 } }"#, &[2, 2, 1], DIGITS),
    ("a pool of too many positions", r#"{ "max_pool2d": { "size": 17 } }"#, &[28, 28, 1], DIGITS),
    ("an image as a sequence", r#"{ "conv1d": { "filters": 4, "kernel": 3 } }"#, &[28, 28, 3], DIGITS),
    ("a sequence without channels", r#""global_average_pool1d""#, &[28], DIGITS),
    (
        "a window longer than the sequence",
        r#"{ "conv1d": { "filters": 4, "kernel": 3, "dilation": 4 } }"#,
        &[8, 2],
        DIGITS,
    ),
    ("a pool longer than the sequence", r#"{ "average_pool1d": { "size": 9 } }"#, &[8, 2], DIGITS),
    ("a pool of too many steps", r#"{ "max_pool1d": { "size": 257 } }"#, &[300, 2], DIGITS),
    (
        "a window that spans too much",
        r#"{ "conv1d": { "filters": 4, "kernel": 3, "dilation": 40000 } }"#,
        &[8, 2],
        DIGITS,
    ),
    ("groups to normalise", r#"{ "group_norm": { "groups": 4 } }"#, &[8, 6], DIGITS),
    (
        "an image larger than memory",
        r#"{ "conv2d_transpose": { "filters": 65536, "kernel": 65536, "stride": 65536 } }"#,
        &[28, 28, 3],
        DIGITS,
    ),
    ("groups and channels", r#"{ "conv2d": { "filters": 4, "kernel": 1, "groups": 2 } }"#, &[4, 4, 3], DIGITS),
    ("groups and filters", r#"{ "conv2d": { "filters": 5, "kernel": 1, "groups": 2 } }"#, &[4, 4, 4], DIGITS),
    (
        "a sum of different shapes",
        r#"{ "conv2d": { "name": "a", "filters": 4, "kernel": 3 } }, { "add": { "inputs": ["a", "input"] } }"#,
        &[8, 8, 4],
        DIGITS,
    ),
    (
        "sides of different heights",
        r#"{ "conv2d": { "name": "a", "filters": 4, "kernel": 3 } }, { "concatenate": { "inputs": ["input", "a"] } }"#,
        &[8, 8, 4],
        DIGITS,
    ),
    ("a reshape that loses numbers", r#"{ "reshape": { "shape": [3, 3] } }"#, &[10], DIGITS),
    ("tokens of another layer", r#""relu", { "embedding": { "vocabulary": 9, "units": 2 } }"#, &[4], DIGITS),
    (
        "a length that is no number",
        r#"{ "reshape": { "shape": [2, 5] } }, { "lstm": { "units": 10, "inputs": ["reshape_1", "input"] } }"#,
        &[10],
        DIGITS,
    ),
    ("heads that do not divide", r#"{ "multi_head_attention": { "heads": 3 } }"#, &[4, 8], DIGITS),
    ("pairs of an odd head", r#"{ "multi_head_attention": { "heads": 2, "rotary": true } }"#, &[4, 6], DIGITS),
    (
        "values of other steps",
        r#"{ "conv1d": { "name": "a", "filters": 4, "kernel": 2 } },
            { "multi_head_attention": { "heads": 2, "inputs": ["input", "input", "a"] } }"#,
        &[4, 8],
        DIGITS,
    ),
    (
        "later keys of another sequence",
        r#"{ "conv1d": { "name": "a", "filters": 4, "kernel": 2 } },
            { "multi_head_attention": { "heads": 2, "causal": true, "inputs": ["input", "a"] } }"#,
        &[4, 8],
        DIGITS,
    ),
    (
        "lengths that are none",
        r#"{ "multi_head_attention": { "heads": 2, "lengths": true, "inputs": ["input", "input"] } }"#,
        &[4, 8],
        DIGITS,
    ),
    ("an axis twice", r#"{ "permute": { "axes": [0, 0] } }"#, &[2, 5], DIGITS),
    ("more than memory", r#"{ "dense": { "units": 1048576 } }"#, &[4096], DIGITS),
    ("more than numbers", r#"{ "conv2d": { "filters": 65536, "kernel": 65536 } }"#, &[8, 8, 4], DIGITS),
    ("an orthogonal bias", r#"{ "dense": { "units": 10, "bias_initializer": "orthogonal" } }"#, &[4], DIGITS),
    ("too few classes", r#"{ "dense": { "units": 9, "activation": "softmax" } }"#, &[4], DIGITS),
    ("an image as classes", r#"{ "dense": { "units": 10, "activation": "softmax" } }"#, &[28, 28, 1], DIGITS),
    ("two numbers for one", r#"{ "dense": { "units": 2 } }"#, &[4], Target::Number { outputs: 1 }),
    (
        "several at once",
        r#"{ "dense": { "units": 0 } }, { "dropout": { "rate": 7 } }, { "relu": { "inputs": ["x"] } },
           { "conv2d": { "inputs": ["input"], "filters": 0, "kernel": [0, 3], "stride": 0 } }"#,
        &[4],
        DIGITS,
    ),
];

/// Errors that no spec of layers brings about: of the training, and faults of ours.
fn others() -> Vec<(&'static str, ModelErrors)> {
    let loss = |json: &str| serde_json::from_str::<Loss>(json).expect("a loss");
    let model = |target, last| ModelSpec::new().add(last).check([4], target).expect("a model");
    let classes = model(DIGITS, dense(10));
    let number = model(Target::Number { outputs: 1 }, dense(1));
    let yes = model(Target::Category { classes: 2 }, dense(1).softmax());
    let optimizer: Optimizer =
        serde_json::from_str(r#"{ "adam": { "learning_rate": 0, "beta_1": 1, "epsilon": 1e-99 } }"#).expect("one");
    let penalty = Regularizer { l1: f64::NAN, l2: -1.0 };
    let nothing = ModelSpec::new().add(proofmark_model::layers::relu());
    let nothing = nothing.check([1], Target::Number { outputs: 1 }).expect("a model");
    let sgd: Optimizer = serde_json::from_str(r#""sgd""#).expect("one");
    let of = |kind| ModelErrors::from(ModelError { path: "model".to_owned(), layer: None, kind });
    let arity = TypeError::Arity { op: "map", expected: 2, received: 1 };
    let scalar = GradientError::Loss { received: Type { span: Span::Step, ..Type::sample([3]) } };
    vec![
        ("mse for classes", classes.check_loss(&loss(r#""mse""#)).expect_err("it does not fit")),
        ("classes for a number", number.check_loss(&loss(r#""binary_crossentropy""#)).expect_err("it does not fit")),
        ("triplets of classes", classes.check_loss(&loss(r#""triplet""#)).expect_err("it does not fit")),
        (
            "squares of embeddings",
            model(Target::Embedding { classes: 3 }, dense(4))
                .check_loss(&loss(r#""mse""#))
                .expect_err("it does not fit"),
        ),
        (
            "classes for sequences",
            ModelSpec::new()
                .add(dense(4).softmax())
                .check([5, 3], Target::Sequence { classes: 3 })
                .expect("a model")
                .check_loss(&loss(r#""categorical_crossentropy""#))
                .expect_err("it does not fit"),
        ),
        ("classes for yes or no", yes.check_loss(&loss(r#""mae""#)).expect_err("it does not fit")),
        ("no softmax", classes.check_loss(&loss(r#""categorical_crossentropy""#)).expect_err("it does not fit")),
        ("no sigmoid", yes.check_loss(&loss(r#""binary_crossentropy""#)).expect_err("it does not fit")),
        (
            "a training with mistakes everywhere",
            number
                .training_graph(&loss(r#"{ "huber": { "delta": 0 } }"#), &optimizer, &penalty, Some(Clip::Value(0.0)))
                .expect_err("all are wrong"),
        ),
        (
            "nothing to train",
            nothing.training_graph(&loss(r#""mse""#), &sgd, &Regularizer::default(), None).expect_err("nothing"),
        ),
        (
            "mixup with everything wrong",
            number
                .mixup_training_graph(&loss(r#""mae""#), &sgd, &Regularizer::default(), None, Mixup { alpha: 0.0 })
                .expect_err("neither loss nor alpha fits"),
        ),
        ("too many layers", {
            let mut spec = ModelSpec::new();
            spec.layers = vec![dense(1).into(); 2_001];
            spec.check([1], DIGITS).expect_err("too many")
        }),
        ("nothing in bf16", of(ModelErrorKind::NothingInBf16)),
        ("mixup of steps", of(ModelErrorKind::MixupSteps)),
        ("class weights of sequences", of(ModelErrorKind::ClassWeightsSequence)),
        ("a layer without a form in ONNX", of(ModelErrorKind::NotExported { layer_kind: "gru" })),
        ("no logits", of(ModelErrorKind::NoLogits)),
        ("a node refused", of(ModelErrorKind::Graph(GraphError::Type(arity)))),
        ("no gradient", of(ModelErrorKind::Gradient(scalar))),
    ]
}

#[test]
fn every_message() {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    let mut add = |what: &str, errors: &ModelErrors| {
        text += &format!("{what}\n");
        for error in errors.errors() {
            seen.insert(variant(&error.kind));
            text += &format!("  {}\n{}\n", error.path, show(error));
        }
    };
    for (what, layers, input, target) in SPECS {
        let spec = spec(&format!(r#"{{ "layers": [{layers}] }}"#));
        add(what, &spec.check(input.to_vec(), *target).expect_err(what));
    }
    for (what, errors) in others() {
        add(what, &errors);
    }
    insta::assert_snapshot!(text);
    assert_eq!(seen, variants(include_str!("../../src/error.rs"), "ModelErrorKind"));
}

#[test]
fn several_errors_as_one() {
    let spec = ModelSpec::new().add(dense(0)).add(conv2d(0, 0));
    let errors = spec.check([4], DIGITS).expect_err("four are wrong");
    assert_eq!(errors.errors().len(), 3);
    insta::assert_snapshot!(show(&errors), @r#"
    layer `dense_1`: `units` is `0`, expected a number from `1` to `1048576`, and 2 more problems
    层 `dense_1`：`units` 为 `0`，应在 `1` 到 `1048576` 之间（含两端），另有 2 处问题
    "#);
}

#[test]
fn hostile_numbers_do_not_panic() {
    let extremes = [0, 1, 2, 65_536, 1 << 20, 1 << 40, usize::MAX / 2, usize::MAX];
    let mut n_refused = 0;
    for a in extremes {
        for b in extremes {
            let layer = conv2d(a, [b, a]).stride([a, b]).dilation(b).groups(b);
            n_refused += usize::from(ModelSpec::new().add(layer.clone()).check([a, b, 3], DIGITS).is_err());
            n_refused += usize::from(ModelSpec::new().add(layer.same()).check([9, 9, b], DIGITS).is_err());
            let transposed = conv2d_transpose(a, [b, a]).stride([a, b]);
            n_refused += usize::from(ModelSpec::new().add(transposed.clone()).check([a, b, 3], DIGITS).is_err());
            n_refused += usize::from(ModelSpec::new().add(transposed.same()).check([9, 9, b], DIGITS).is_err());
            let reshape = proofmark_model::layers::reshape([a, b, a]);
            n_refused += usize::from(ModelSpec::new().add(reshape).check([b, a], DIGITS).is_err());
            let pool = proofmark_model::layers::max_pool2d([a, b]).same();
            n_refused += usize::from(ModelSpec::new().add(pool).check([9, 9, 1], DIGITS).is_err());
        }
    }
    assert_eq!(n_refused, 6 * 64);
}
