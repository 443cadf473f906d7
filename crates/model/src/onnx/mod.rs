//! Models as ONNX: one self-contained file that other programs run.
//!
//! The input is ours, `[N, H, W, C]` for images, with a batch of any size. Between layers of images the file computes in
//! `[N, C, H, W]`, which is the only order that ONNX's convolutions know; an order is changed where a layer needs the other
//! one, which for a usual network is once at the start and once before `flatten`.

mod export;
mod layer;
mod norm;
mod proto;

pub use export::{BATCH, INPUT, OPSET, OUTPUT, export};
pub use layer::{EXPORTED, NOT_EXPORTED};
