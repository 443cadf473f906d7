//! Everything that is tested through the crate's own front door.
#![allow(clippy::disallowed_methods, reason = "what is tested is held against std's functions, within a tolerance")]
#![allow(clippy::disallowed_types, reason = "the other implementation of safetensors takes a hash map")]

mod attention;
mod errors;
mod examples;
mod gradients;
mod graphs;
mod harness;
mod initializers;
mod layers;
mod losses;
mod mixup;
mod model_file;
mod norms;
mod onnx;
mod onnx_layers;
mod optimizers;
mod parts;
mod recurrent;
mod rounding;
mod schedules;
mod schema;
mod sequences;
mod spec;
mod special_inputs;
mod steps;
