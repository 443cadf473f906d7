//! The model of a run as a file for other programs.

use std::collections::BTreeMap;

use proofmark_evidence::Digest;
use proofmark_model::onnx;
use proofmark_store::{RunFile, RunFolder};

use crate::command_error::CommandError;
use crate::predict::StoredModel;

/// What a model can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Layers and parameters: what ONNX Runtime and others run.
    Onnx,
    /// Parameters and statistics by name, as the run keeps them.
    Safetensors,
}

impl ExportFormat {
    /// Every format.
    pub const ALL: &'static [ExportFormat] = &[ExportFormat::Onnx, ExportFormat::Safetensors];

    /// Its name, which is the ending of its files too.
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Onnx => "onnx",
            ExportFormat::Safetensors => "safetensors",
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<ExportFormat> {
        ExportFormat::ALL.iter().copied().find(|format| format.name() == name)
    }
}

/// The model of a run in a format, held against the digest in the run's evidence before. The same model gives the same
/// bytes; an ONNX file carries the digest of the model file that it was made from as `model_digest`.
///
/// # Errors
/// A run without a model; a model file that is damaged, or not the one that a statement of the run claims; a layer that has
/// no form in the format.
pub fn export(run: &RunFolder, format: ExportFormat) -> Result<Vec<u8>, CommandError> {
    let stored = StoredModel::read(run)?;
    match format {
        ExportFormat::Safetensors => Ok(stored.bytes),
        ExportFormat::Onnx => {
            let mut metadata: BTreeMap<String, String> = stored.metadata;
            metadata.insert("model_digest".to_owned(), Digest::of(&stored.bytes).to_string());
            onnx::export(&stored.model, &stored.state, &metadata)
                .map_err(|source| CommandError::NotExported { path: run.file_path(RunFile::Model), source })
        }
    }
}
