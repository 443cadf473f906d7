//! Images of one colour, series that never change: nothing can be learnt from them.

use super::{CleanContext, Helps, Operator};

pub(super) struct DropConstantImages;

impl Operator for DropConstantImages {
    fn helps(&self) -> &'static [Helps] {
        &[Helps::Feature("constant")]
    }

    fn rows_to_drop(&self, context: &CleanContext) -> Vec<u32> {
        context.rows_where(|row| context.dataset.is_constant(row))
    }
}
