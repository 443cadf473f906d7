use super::pooling;

pooling! {
    /// The mean of each window, channel by channel.
    ///
    /// *Shapes*: x `[H, W, C]`; y `[H', W', C]`, where `H' = (H - size) / stride + 1`, rounded down, with `valid` and
    /// `H / stride`, rounded up, with `same` padding. Padding does not count.
    ///
    /// *Source*: Keras' `AveragePooling2D`.
    pub struct AveragePool2d;

    /// The mean of each window; `size` is one number for both sides, or `[height, width]`.
    pub fn average_pool2d;
}
