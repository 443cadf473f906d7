//! Images far rougher than the others: noise, torn lines.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropRoughImages;

impl Operator for DropRoughImages {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Feature("rough")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        context.rows_where(|row| context.dataset.roughness(row) > context.rough_limit.0)
    }
}
