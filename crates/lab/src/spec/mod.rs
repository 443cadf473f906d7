//! Reading a spec file: YAML to a tree with positions, checked as a whole against a schema, and only then a typed value.
//!
//! [`read()`] is the entry: text and `--set` overrides in, a typed value with its tree out, or every problem at once, each
//! with its place in the user's file and a hint. The steps are usable on their own: [`tree::parse`], [`overrides::apply`],
//! [`schema::check`], [`canonical::to_yaml`].
//!
//! This module does not know: what a spec contains (the type and its JSON Schema come from the caller), files (the
//! caller hands over text), terminals (the caller says whether to colour).

pub mod canonical;
pub mod diagnostic;
mod nearest;
pub mod operands;
pub mod overrides;
pub mod path;
pub mod problem;
pub mod read;
mod scalar;
pub mod schema;
pub mod syntax;
pub mod tree;

pub use diagnostic::{Diagnostic, Diagnostics, Style};
pub use nearest::nearest;
pub use path::{Path, Segment};
pub use problem::{Problem, ProblemKind};
pub use read::{Location, Read, read};
pub use tree::{Key, Node, NodeValue, Position, Source};
