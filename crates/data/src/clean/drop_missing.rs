//! Rows without a label, or with a series that has gaps.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropMissing;

impl Operator for DropMissing {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Target("missing"), Helps::Feature("missing")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        context.rows_where(|row| context.dataset.label(row).is_none() || context.dataset.has_missing_values(row))
    }
}
