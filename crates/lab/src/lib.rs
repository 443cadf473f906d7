//! The pipeline: joins the other crates, computes and stores nothing itself.
