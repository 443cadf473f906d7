//! The states of a training: told apart by a digest, taken out of the block for a checkpoint, and put back.

use std::collections::BTreeMap;

use proofmark_engine::{StateBlock, StateRole};
use proofmark_model::Average;
use sha2::{Digest as _, Sha256};

use crate::error::TrainError;

/// SHA-256 of the model's parameters and statistics: for each, in the order of the block, its name, a zero byte, and its
/// elements as little-endian f32. What each epoch records and `reproduce` compares.
pub fn parameters_digest(state: &StateBlock) -> String {
    let mut hasher = Sha256::new();
    for entry in state.entries().iter().filter(|entry| entry.role != StateRole::Optimizer) {
        hasher.update(entry.name.as_bytes());
        hasher.update([0]);
        for chunk in state.all()[entry.range()].chunks(1024) {
            let mut bytes = [0; 4096];
            for (to, value) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(chunk) {
                *to = value.to_le_bytes();
            }
            hasher.update(&bytes[..chunk.len() * 4]);
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies of the states of these roles, by name.
pub(crate) fn states_of(state: &StateBlock, is_kept: impl Fn(StateRole) -> bool) -> BTreeMap<String, Vec<f32>> {
    let kept = state.entries().iter().filter(|entry| is_kept(entry.role));
    kept.map(|entry| (entry.name.clone(), state.all()[entry.range()].to_vec())).collect()
}

/// Exchanges each state that has an average with it.
pub(crate) fn swap_averages(state: &mut StateBlock) {
    let names: Vec<String> = state.entries().iter().map(|entry| entry.name.clone()).collect();
    for name in names {
        let average = Average::state_name(&name);
        let Some(values) = state.get(&average).map(<[f32]>::to_vec) else { continue };
        if let Some(own) = state.get_mut(&name) {
            let before = own.to_vec();
            own.copy_from_slice(&values);
            if let Some(average) = state.get_mut(&average) {
                average.copy_from_slice(&before);
            }
        }
    }
}

/// Copies states into the block; each entry of a role that is wanted must be there in its size.
pub(crate) fn load(
    state: &mut StateBlock,
    from: &BTreeMap<String, Vec<f32>>,
    is_wanted: impl Fn(StateRole) -> bool,
) -> Result<(), TrainError> {
    let wanted: Vec<String> =
        state.entries().iter().filter(|entry| is_wanted(entry.role)).map(|entry| entry.name.clone()).collect();
    for name in wanted {
        match (from.get(&name), state.get_mut(&name)) {
            (Some(values), Some(target)) if values.len() == target.len() => target.copy_from_slice(values),
            _ => return Err(TrainError::ResumeState { name }),
        }
    }
    Ok(())
}
