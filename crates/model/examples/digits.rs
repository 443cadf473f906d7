//! Two models in Rust: a chain of layers, and a residual network.

use proofmark_model::layers::{
    add, batch_norm, conv2d, dense, dropout, flatten, global_average_pool2d, max_pool2d, relu,
};
use proofmark_model::{ModelErrors, ModelSpec, Target};

/// Checks both and shows their layers.
pub fn main() -> Result<(), ModelErrors> {
    // A chain: each layer reads the one before it.
    let chain = ModelSpec::new()
        .add(conv2d(32, 3).relu())
        .add(max_pool2d(2))
        .add(conv2d(64, 3).relu())
        .add(max_pool2d(2))
        .add(flatten())
        .add(dense(128).relu())
        .add(dropout(0.5).named("drop"))
        .add(dense(10).softmax());

    // Checked against the shape of a sample and the target: every mistake is reported, each with its place.
    let digits = Target::Category { classes: 10 };
    let model = chain.check([28, 28, 1], digits)?;
    println!("{}", model.summary());
    assert_eq!(model.summary().parameters(), 225_034);

    // Layers have names, and `add` joins two of them: a residual block.
    let residual = ModelSpec::new()
        .add(conv2d(16, 3).same().relu().named("stem"))
        .add(conv2d(16, 3).same().without_bias())
        .add(batch_norm())
        .add(relu())
        .add(conv2d(16, 3).same().named("branch"))
        .add(add(["stem", "branch"]))
        .add(relu())
        .add(global_average_pool2d())
        .add(dense(10).softmax());
    println!("{}", residual.check([28, 28, 1], digits)?.summary());
    Ok(())
}
