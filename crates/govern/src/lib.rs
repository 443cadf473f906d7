//! Acceptance: pure rules over evidence.
