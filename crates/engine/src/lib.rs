//! Typed graphs, operations, gradients, plans and executors.
