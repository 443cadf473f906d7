//! Governance: pure rules that turn verdicts into decisions.
//!
//! Today one rule, [`acceptance`]: whether a trained model may be called accepted. Stages, gates and policy packs will stand
//! beside it. A [`Decision`](acceptance::Decision) carries the verdicts it was made from, so that it can be checked without
//! asking this program again.
//!
//! This crate does not know: files, runs, models, clocks, who asks; it gets facts and gives decisions.

pub mod acceptance;
