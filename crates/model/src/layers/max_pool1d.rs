use super::pooling1d::pooling1d;

pooling1d! {
    /// The largest value of each window of a sequence, channel by channel.
    ///
    /// *Shapes*: x `[T, C]`; y `[T', C]`, where `T' = (T - size) / stride + 1`, rounded down, with `valid` and
    /// `T / stride`, rounded up, with `same` padding. Padding takes no part.
    ///
    /// *Source*: Keras' `MaxPooling1D`.
    pub struct MaxPool1d from MaxPool2d;

    /// The largest value of each window of this many steps.
    pub fn max_pool1d;
}
