use super::pooling;

pooling! {
    /// The largest value of each window, channel by channel.
    ///
    /// *Shapes*: x `[H, W, C]`; y `[H', W', C]`, where `H' = (H - size) / stride + 1`, rounded down, with `valid` and
    /// `H / stride`, rounded up, with `same` padding. Padding takes no part.
    ///
    /// *Source*: Keras' `MaxPooling2D`.
    pub struct MaxPool2d;

    /// The largest value of each window; `size` is one number for both sides, or `[height, width]`.
    pub fn max_pool2d;
}
