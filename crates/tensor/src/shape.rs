use std::fmt;
use std::ops::Deref;

/// The extents of a tensor's axes, outermost first; row-major. `[]` is a scalar. Dereferences to a slice of extents.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape with these extents.
    pub fn new(extents: &[usize]) -> Self {
        Shape(extents.to_vec())
    }

    /// The shape of a scalar.
    pub fn scalar() -> Self {
        Shape(Vec::new())
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements: the product of the extents, 1 for a scalar. The largest number there is where the product is
    /// beyond it, so that what no memory can hold is refused as too large, not taken for small.
    pub fn elements(&self) -> usize {
        self.0.iter().fold(1, |product, extent| product.saturating_mul(*extent))
    }

    /// Elements from one index to the next along each axis.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1usize; self.0.len()];
        for axis in (1..self.0.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(self.0[axis]);
        }
        strides
    }

    /// The last extent, 1 for a scalar.
    pub fn last(&self) -> usize {
        self.0.last().copied().unwrap_or(1)
    }

    /// Whether `self` equals the trailing axes of `other` (so that it broadcasts over the leading ones).
    pub fn is_suffix_of(&self, other: &Shape) -> bool {
        other.0.ends_with(&self.0)
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl From<Vec<usize>> for Shape {
    fn from(extents: Vec<usize>) -> Self {
        Shape(extents)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(extents: [usize; N]) -> Self {
        Shape(extents.to_vec())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (axis, extent) in self.0.iter().enumerate() {
            if axis > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{extent}")?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_are_row_major() {
        assert_eq!(Shape::from([2, 3, 4]).strides(), [12, 4, 1]);
        assert_eq!(Shape::scalar().strides(), Vec::<usize>::new());
        assert_eq!(Shape::scalar().elements(), 1);
        assert_eq!(Shape::from([3, 0]).elements(), 0);
        assert_eq!(Shape::from([usize::MAX / 2, 3]).elements(), usize::MAX);
    }

    #[test]
    fn suffixes_broadcast() {
        let image = Shape::from([28, 28, 3]);
        assert!(Shape::from([3]).is_suffix_of(&image));
        assert!(Shape::scalar().is_suffix_of(&image));
        assert!(!Shape::from([28]).is_suffix_of(&image));
    }
}
