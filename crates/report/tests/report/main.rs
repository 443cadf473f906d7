//! The page as a whole: well-formed, complete in both languages, safe, accessible, and told in snapshots of its text.

#[cfg(feature = "browser")]
mod browser;
mod dom;
mod page;
mod study;
#[path = "../../examples/sample/synthetic.rs"]
mod synthetic;
