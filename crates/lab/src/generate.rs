//! What a model of tokens writes after a beginning.

use proofmark_data::Tokens;
use proofmark_engine::StateBlock;
use proofmark_store::RunFolder;
use proofmark_train::generate::Generator;
pub use proofmark_train::generate::Sampling;
use proofmark_train::predict::PredictError;

use crate::command_error::CommandError;
use crate::host::Host;
use crate::pipeline::executor;
use crate::predict::StoredModel;

/// A model that is ready to write.
pub struct Writer {
    generator: Generator,
    state: StateBlock,
    tokens: Tokens,
}

impl Writer {
    /// The model of a run, held against the digest in the run's evidence.
    ///
    /// # Errors
    /// A run without a model; a model file that is damaged, or not the one that a statement of the run claims; a model that reads no
    /// tokens, or does not say for each step what follows.
    pub fn open(run: &RunFolder, host: &dyn Host) -> Result<Writer, CommandError> {
        let StoredModel { model, mut state, feature, .. } = StoredModel::read(run)?;
        let Some(tokens) = feature.tokens else { return Err(CommandError::ReadsNoTokens) };
        let generator = Generator::new(&model, executor(host), &mut state).map_err(|error| match error {
            PredictError::LooksAhead | PredictError::NotEachStep => CommandError::CannotWrite(error),
            error => error.into(),
        })?;
        Ok(Writer { generator, state, tokens })
    }

    /// Whether it makes sound, which is for a file.
    pub fn makes_sound(&self) -> bool {
        self.tokens.is_sound()
    }

    /// `prompt` and `length` tokens that the model writes after it, as the bytes of a file. Without a prompt the model begins after a
    /// line's end or its first token, or after silence.
    ///
    /// # Errors
    /// A prompt with characters that the model does not know; a step that cannot run.
    pub fn write(&mut self, prompt: &str, length: u32, sampling: &Sampling) -> Result<Vec<u8>, CommandError> {
        let (before, given) = match prompt {
            "" => (vec![self.tokens.before()], Vec::new()),
            prompt => (Vec::new(), self.tokens.encode(prompt.as_bytes()).map_err(CommandError::Prompt)?),
        };
        let mut tokens = [&before[..], &given].concat();
        for place in 0..length {
            let token = sampling.draw(place, self.generator.next(&mut self.state, &tokens)?);
            tokens.push(token);
        }
        Ok(self.tokens.decode(&tokens[before.len()..]))
    }
}
