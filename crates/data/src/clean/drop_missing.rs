//! Rows without a label.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropMissing;

impl Operator for DropMissing {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Target("missing")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        context.rows_where(|row| context.dataset.label(row).is_none())
    }
}
