//! The integration tests of the engine.

mod gradient_graph;
mod kernels;
mod networks;
mod ops;
mod plans;
mod shapes;
mod training;
mod worked_examples;
