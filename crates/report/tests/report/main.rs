//! The page as a whole: well-formed, complete in both languages, safe, accessible, and told in snapshots of its text.

mod dom;
mod page;
#[path = "../../examples/sample/synthetic.rs"]
mod synthetic;
