//! Typed graphs, operations, gradients, plans and executors.
//!
//! Entry points, in the order in which a caller meets them: a [`Graph`] is built from [`ops`] and element-wise
//! [`map`] programs; [`gradient`] adds the backward pass to it; [`plan`] cuts it into phases and gives every value its
//! place in memory; [`quantize`] rounds the weights of a trained graph to 8 bits; an [`Executor`] ([`reference`](executor::reference), [`cpu`]) runs it, one batch a step.
//!
//! A value belongs to each **sample** or to the whole **step** ([`Span`]). A step's batch is cut into shards of a fixed
//! number of samples; what is summed over samples is summed within a shard along a chain and over shards in a perfect
//! binary tree. The cut follows from the spec and the shapes, never from the machine, and so do the bits.
//!
//! This crate does not know: specs, layers, files, clocks, serialisation formats, the environment.

mod cost;
pub mod cpu;
mod error;
pub mod executor;
pub mod gradient;
mod graph;
pub mod map;
pub mod ops;
pub mod plan;
pub mod precision;
pub mod quantize;
mod rewrites;
mod state;
pub mod testing;

pub use cost::batch_flops;
pub use error::{GradientError, GraphError, TypeError};
pub use executor::{Executor, Feed, RunError, Session, SessionMemory, Step};
pub use graph::{Graph, Input, Node, Origin, Span, State, StateIdx, StateRole, Type, Value};
pub use state::StateBlock;

/// The version of the numbers: same spec, prepared data, seed and `NUMERICS_VERSION` give the same model, byte for byte.
///
/// To be raised with every change that alters a bit of any training; golden digests in the tests hold that.
pub const NUMERICS_VERSION: u32 = 4;
