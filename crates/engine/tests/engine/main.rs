//! The integration tests of the engine.

mod cpu_ops;
mod gradient_graph;
mod kernels;
mod networks;
mod ops;
mod plans;
mod shapes;
mod training;
mod worked_examples;
