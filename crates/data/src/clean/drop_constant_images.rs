//! Images of one colour: nothing can be seen on them.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropConstantImages;

impl Operator for DropConstantImages {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Feature("constant")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        context.rows_where(|row| context.dataset.roughness(row) == 0)
    }
}
