//! The folder of a run: atomic files, events, checkpoints.
