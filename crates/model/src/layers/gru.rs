use super::dense::default_bias_initializer;
use super::recurrent::recurrent_layer;

recurrent_layer! {
    /// Gated recurrent units along a sequence: at each step `z, r = sigmoid(x[t] W + b + h R + d)` and
    /// `n = tanh(x[t] W + b + r (h R + d))`, then `h = z h + (1 - z) n`; h starts as zeros. The reset gate r stands after the
    /// product, as in PyTorch and Keras' `reset_after`.
    ///
    /// Second input, directions and dropout are those of `lstm`.
    ///
    /// *Shapes*: x `[T, C]`, W `[C, 3 units]`, R `[units, 3 units]`, b and d `[3 units]`, the columns in Keras' order z, r, n (PyTorch
    /// has r before z); y `[units]`, with `return_sequences` `[T, units]`, twice as wide with `both` directions.
    ///
    /// *States*: `<name>.kernel`, `<name>.recurrent_kernel`, `<name>.bias` (b), `<name>.recurrent_bias` (d); with `both` also
    /// `<name>.backward_kernel` and so on.
    ///
    /// *Source*: Cho et al. 2014; dropout Gal and Ghahramani 2016; Keras' `GRU`.
    pub struct Gru;
    /// Gated recurrent units, `units` of them.
    pub fn gru;
    cell Gru;
    bias "How both biases start. Default `zeros`.", "crate::layers::dense::default_bias_initializer",
        default_bias_initializer();
}
