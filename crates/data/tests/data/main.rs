//! Tests of the data half of a run, from files to prepared sets. One binary; one file for each subject.

mod audio;
mod augmenting;
mod cleaning;
mod decoding;
mod errors;
mod files;
mod mnist;
mod preparing;
mod series;
mod sources;
mod specs;
mod surveys;
mod text;
mod transcripts;
