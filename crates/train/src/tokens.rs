use proofmark_data::PreparedSet;
use proofmark_model::CheckedModel;

use crate::error::TrainError;

/// Refuses samples with numbers that the model's embeddings have no row for.
pub(crate) fn check_tokens(model: &CheckedModel, set: &PreparedSet) -> Result<(), TrainError> {
    let Some(vocabulary) = model.vocabulary() else { return Ok(()) };
    let mut x = vec![0.0; model.input_shape().elements()];
    for row in 0..set.len() as u32 {
        set.gather(&[row], &mut x);
        let is_token = |value: &f32| *value >= 0.0 && *value < vocabulary as f32 && value.fract() == 0.0;
        if let Some(position) = x.iter().position(|value| !is_token(value)) {
            let sample = set.ids()[row as usize];
            return Err(TrainError::Token { sample, position, value: x[position], vocabulary });
        }
    }
    Ok(())
}
