//! Element types, shapes, host tensors, exact f32 mathematics and counter-based random numbers.
