//! Models as ONNX: one self-contained file that other programs run ([`export`]), and files of other programs ([`import`]).
//!
//! The input is ours, `[N, H, W, C]` for images, with a batch of any size. Between layers of images the file computes in
//! `[N, C, H, W]`, which is the only order that ONNX's convolutions know; an order is changed where a layer needs the other
//! one, which for a usual network is once at the start and once before `flatten`.

mod attention;
mod constant;
mod error;
mod export;
mod idioms;
mod import;
mod layer;
mod norm;
mod normalizations;
mod operators;
mod products;
mod proto;
mod recurrent;
mod scores;
mod sequences;
mod tape;
mod windows;

pub use error::OnnxError;
pub use export::{BATCH, INPUT, OPSET, OUTPUT, export};
pub use import::{Imported, import};
pub use layer::{EXPORTED, NOT_EXPORTED};
pub use operators::OPERATORS;
