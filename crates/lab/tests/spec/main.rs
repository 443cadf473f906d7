//! Reading specs: trees, schemas, overrides, messages.

mod messages;
mod overrides;
mod properties;
mod read;
mod sample;
mod schema;
mod tree;
