//! The pipeline: joins the other crates, computes and stores nothing itself.
//!
//! Entry points: [`spec::read()`] turns a spec file into a typed value that knows where in the file everything stands.
//!
//! This crate does not know: kernels, file formats of data and models, databases, HTTP.

pub mod spec;
