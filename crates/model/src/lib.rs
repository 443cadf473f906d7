//! Specs of layers, losses, optimizers and schedules, and how they become graphs.
