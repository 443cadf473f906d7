use super::recurrent::recurrent_layer;
use crate::initializers::{ForgetGate, Initializer};

recurrent_layer! {
    /// Long short-term memory along a sequence: at each step `i, f, o = sigmoid(..)` and `g = tanh(..)` of `x[t] W + h R + b`, then
    /// `c = f c + i g` and `h = o tanh(c)`; h and c start as zeros.
    ///
    /// A second input, if there is one, is the length of each sample's sequence, as `sequence_length` counts it: steps beyond it
    /// leave the state as it is, so that the last step's state is the one that the sequence ended with; backward, the sequence
    /// starts at its own last step.
    ///
    /// Dropout is variational: one mask a sequence, the same at every step, for the input and for the state that enters the
    /// products (the same for all gates).
    ///
    /// *Shapes*: x `[T, C]`, W `[C, 4 units]`, R `[units, 4 units]`, b `[4 units]`, the columns in Keras' and PyTorch's order i, f, g, o;
    /// y `[units]`, with `return_sequences` `[T, units]`, twice as wide with `both` directions.
    ///
    /// *States*: `<name>.kernel`, `<name>.recurrent_kernel`, `<name>.bias`; with `both` also `<name>.backward_kernel` and so on.
    ///
    /// *Source*: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000; dropout Gal and Ghahramani 2016; Keras'
    /// `LSTM`.
    pub struct Lstm;
    /// Long short-term memory of `units` numbers.
    pub fn lstm;
    cell Lstm;
    bias "How the bias starts. Default `forget_gate`: 1 where it decides what is kept (Jozefowicz, Zaremba, Sutskever 2015).",
        "crate::layers::lstm::default_bias_initializer", default_bias_initializer();
}

pub(super) fn default_bias_initializer() -> Initializer {
    ForgetGate {}.into()
}
