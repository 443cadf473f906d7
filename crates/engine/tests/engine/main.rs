//! The integration tests of the engine.

mod ctc;
mod gradient_graph;
mod kernels;
mod networks;
mod one_shard;
mod ops;
mod outlines;
mod plans;
mod precision;
mod quantize;
mod random_graphs;
mod rewrites;
mod shapes;
mod special_inputs;
mod states;
mod trace;
mod training;
mod worked_examples;
