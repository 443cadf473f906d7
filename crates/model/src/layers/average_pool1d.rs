use super::pooling1d::pooling1d;

pooling1d! {
    /// The mean of each window of a sequence, channel by channel.
    ///
    /// *Shapes*: x `[T, C]`; y `[T', C]`, where `T' = (T - size) / stride + 1`, rounded down, with `valid` and
    /// `T / stride`, rounded up, with `same` padding. Padding does not count: a window at an end is divided by the steps it has.
    ///
    /// *Source*: Keras' `AveragePooling1D`.
    pub struct AveragePool1d from AveragePool2d;

    /// The mean of each window of this many steps.
    pub fn average_pool1d;
}
