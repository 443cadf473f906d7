//! Loop nests over operands with strides, without divisions.

/// Axes that a nest may have after joining those that move evenly. Nodes with more run by the reference.
pub(super) const MAX_AXES: usize = 8;

/// One loop of a nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis<const N: usize> {
    /// How often it turns.
    pub(super) extent: usize,
    /// Elements from one turn to the next, for each operand.
    pub(super) strides: [usize; N],
}

impl<const N: usize> Axis<N> {
    /// An axis that turns once.
    pub(super) const ONCE: Axis<N> = Axis { extent: 1, strides: [0; N] };
}

/// The same nest, outermost axis first, with as few axes as possible: those that turn once are dropped, and neighbours
/// joined where all operands move on evenly from one to the next. `None` if more than [`MAX_AXES`] are left.
pub(super) fn joined<const N: usize>(axes: impl IntoIterator<Item = Axis<N>>) -> Option<Vec<Axis<N>>> {
    let mut joined: Vec<Axis<N>> = Vec::new();
    for axis in axes {
        if axis.extent == 1 {
            continue;
        }
        match joined.last_mut() {
            Some(outer) if (0..N).all(|operand| outer.strides[operand] == axis.strides[operand] * axis.extent) => {
                *outer = Axis { extent: outer.extent * axis.extent, strides: axis.strides };
            }
            _ => joined.push(axis),
        }
    }
    (joined.len() <= MAX_AXES).then_some(joined)
}

/// Visits the operands' positions in the nest's order. At most [`MAX_AXES`] axes; none are one position.
#[inline(always)]
pub(super) fn walk<const N: usize>(axes: &[Axis<N>], mut visit: impl FnMut([usize; N])) {
    for position in Walk::new(axes) {
        visit(position);
    }
}

/// [`walk`] as a loop, for bodies of vector code: a closure would not inherit the level's instructions.
pub(super) struct Walk<'a, const N: usize> {
    axes: &'a [Axis<N>],
    turns: [usize; MAX_AXES],
    /// The next position.
    position: [usize; N],
    is_over: bool,
}

impl<'a, const N: usize> Walk<'a, N> {
    #[inline(always)]
    pub(super) fn new(axes: &'a [Axis<N>]) -> Self {
        let is_over = axes.iter().any(|axis| axis.extent == 0);
        Walk { axes, turns: [0; MAX_AXES], position: [0; N], is_over }
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = [usize; N];

    #[inline(always)]
    fn next(&mut self) -> Option<[usize; N]> {
        if self.is_over {
            return None;
        }
        let current = self.position;
        for (idx, Axis { extent, strides }) in self.axes.iter().enumerate().rev() {
            self.turns[idx] += 1;
            if self.turns[idx] < *extent {
                for (position, stride) in self.position.iter_mut().zip(strides) {
                    *position += stride;
                }
                return Some(current);
            }
            self.turns[idx] = 0;
            for (position, stride) in self.position.iter_mut().zip(strides) {
                *position -= stride * (extent - 1);
            }
        }
        self.is_over = true;
        Some(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(extent: usize, x: usize, y: usize) -> Axis<2> {
        Axis { extent, strides: [x, y] }
    }

    #[test]
    fn axes_that_move_evenly_are_one() {
        assert_eq!(joined([axis(2, 12, 12), axis(3, 4, 4), axis(4, 1, 1)]).unwrap(), [axis(24, 1, 1)]);
        assert_eq!(joined([axis(2, 1, 12), axis(1, 7, 7), axis(3, 8, 4), axis(4, 2, 1)]).unwrap().len(), 2);
        assert_eq!(joined([axis(1, 3, 3)]).unwrap(), []);
        assert_eq!(joined((0..9).map(|i| axis(2, 3 * i, i))), None);
    }

    #[test]
    fn the_last_axis_turns_fastest() {
        let visited = |axes: &[Axis<2>]| {
            let mut visited = Vec::new();
            walk(axes, |[x, y]| visited.push((x, y)));
            visited
        };
        assert_eq!(visited(&[]), [(0, 0)]);
        assert_eq!(visited(&[axis(2, 1, 3), axis(3, 2, 1)]), [(0, 0), (2, 1), (4, 2), (1, 3), (3, 4), (5, 5)]);
        assert_eq!(visited(&[axis(2, 1, 3), axis(0, 2, 1)]), []);
    }
}
