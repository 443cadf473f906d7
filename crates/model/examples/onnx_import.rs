//! Imports ONNX files and runs them: `cargo run -p proofmark-model --example onnx_import NAME.onnx..` reads the samples of
//! `NAME.input` (f32, little-endian) and writes what they give as `NAME.ours`. `tests-long/onnx` holds another program against
//! it.

use std::error::Error;
use std::path::PathBuf;

use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::{Executor, Feed, Step};
use proofmark_model::onnx;

/// Imports and runs each file.
pub fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1).map(PathBuf::from) {
        let named = |error: &dyn Error| format!("{}: {error}", path.display());
        let mut model = onnx::import(&std::fs::read(&path)?, None).map_err(|error| named(&error))?;
        let bytes = std::fs::read(path.with_extension("input"))?;
        let input: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
        let samples = input.len() / model.input.elements();
        let ids: Vec<u64> = (0..samples as u64).collect();
        let mut session = CpuExecutor::new(2).prepare(&model.graph, &model.state, samples)?;
        session.run(&mut model.state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(&input)])?;
        let bytes: Vec<u8> = session.output(model.predictions).iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(path.with_extension("ours"), bytes)?;
    }
    Ok(())
}
