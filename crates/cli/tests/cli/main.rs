//! The program as a person or a script meets it: transcripts, whole runs on tiny data, and everything that can go wrong on
//! the way (a killed process, a full disk, a damaged file). Each test has its own folder and starts the real binary.

mod checkpoints;
mod failures;
mod fixture;
mod folds;
mod forging;
mod generate;
mod kill;
mod languages;
mod quantize;
mod run;
mod sessions;
mod study;
mod tampering;
mod threads;
mod transcripts;
