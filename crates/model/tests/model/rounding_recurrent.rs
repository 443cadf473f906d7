//! Rounding along a sequence: a recurrent layer's state and the covariance of its errors, carried from step to step.

use proofmark_engine::map::Function;
use proofmark_engine::ops::{Direction, Operation, Tensor64};

use super::{UNIT_ROUNDOFF, square};

/// What a step of a cell starts from, and the errors that are made in it.
struct Site<'a> {
    /// What the input gives to the gates.
    x: &'a [f64],
    /// `[units, gates units]`.
    recurrent: &'a [f64],
    /// The state's own bias, of gated recurrent units.
    bias: Option<&'a [f64]>,
    mask: &'a [f64],
}

/// The states that a step leads to (h, and c of an LSTM), with the errors that it is given added where they arise; and the
/// variance of each of those errors, in units of the unit roundoff, without what the input brings. Those of the gates' inputs
/// come first.
type Step = fn(&Site<'_>, &[f64], &[f64]) -> (Vec<f64>, Vec<f64>);

/// The variances of all h that an f32 computation leads to, from those of x, `[T, gates units]` for each sample: the extended
/// Kalman filter's prediction. A step's errors (roundings, and what x brings) are independent of each other and of the ones before;
/// what the state has of them is carried on by the derivatives of the step, so that errors that a gate forgets are forgotten.
pub(crate) fn variances(op: &Operation, inputs: &[&Tensor64], of_x: &[f64]) -> Vec<f64> {
    let (step, direction, mask, lengths, bias): (Step, _, _, _, _) = match op {
        Operation::Lstm(op) => (lstm, op.direction, inputs[2], inputs[3], None),
        Operation::Gru(op) => (gru, op.direction, inputs[3], inputs[4], Some(&inputs[2].data[..])),
        _ => unreachable!("no recurrent operation"),
    };
    let (steps, width) = (inputs[0].ty.shape[0], inputs[0].ty.shape[1]);
    let units = mask.ty.shape[0];
    let parts = if bias.is_some() { 1 } else { 2 };
    let mut result = vec![0.0; lengths.data.len() * steps * units];
    for (sample, length) in lengths.data.iter().enumerate() {
        let mut state = vec![0.0; parts * units];
        let mut covariance = vec![vec![0.0; state.len()]; state.len()];
        for walked in 0..steps {
            let at = match direction {
                Direction::Forward => walked,
                Direction::Backward => steps - 1 - walked,
            };
            let row = sample * steps + at;
            if (at as f64) < length.floor() {
                let x = &inputs[0].data[row * width..][..width];
                let mask = &mask.data[sample * units..][..units];
                let site = Site { x, recurrent: &inputs[1].data, bias, mask };
                let next = predicted(step, &site, &state, &mut covariance, &of_x[row * width..][..width]);
                state = next;
            }
            for unit in 0..units {
                result[row * units + unit] = covariance[unit][unit];
            }
        }
    }
    result
}

/// One step: the state, and its covariance in place.
fn predicted(step: Step, site: &Site<'_>, state: &[f64], covariance: &mut Vec<Vec<f64>>, of_x: &[f64]) -> Vec<f64> {
    // Errors that are far below this and above the roundings of f64.
    const DIFFERENCE: f64 = 1e-5;
    let (next, mut own) = step(site, state, &[]);
    own.iter_mut().for_each(|variance| *variance *= square(UNIT_ROUNDOFF));
    own.iter_mut().zip(of_x).for_each(|(own, of_x)| *own += of_x);
    let n_states = state.len();
    let derivative = |at: usize| {
        let moved = |side: f64| {
            let (mut state, mut errors) = (state.to_vec(), vec![0.0; own.len()]);
            match at.checked_sub(n_states) {
                None => state[at] += side,
                Some(at) => errors[at] = side,
            }
            step(site, &state, &errors).0
        };
        let sides = moved(DIFFERENCE).into_iter().zip(moved(-DIFFERENCE));
        sides.map(|(up, down)| (up - down) / (2.0 * DIFFERENCE)).collect::<Vec<f64>>()
    };
    let by_state: Vec<Vec<f64>> = (0..n_states).map(derivative).collect();
    let by_error: Vec<Vec<f64>> = (0..own.len()).map(|at| derivative(n_states + at)).collect();
    let before = std::mem::take(covariance);
    *covariance = (0..n_states)
        .map(|a| {
            let carried: Vec<f64> =
                (0..n_states).map(|k| (0..n_states).map(|j| by_state[j][a] * before[j][k]).sum()).collect();
            (0..n_states)
                .map(|b| {
                    let of_state: f64 = carried.iter().zip(&by_state).map(|(carried, by)| carried * by[b]).sum();
                    let of_errors: f64 = own.iter().zip(&by_error).map(|(own, by)| own * by[a] * by[b]).sum();
                    of_state + of_errors
                })
                .collect()
        })
        .collect();
    next
}

/// Each column of (m h) R, and the variance of its chain.
fn products(site: &Site<'_>, h: &[f64]) -> Vec<(f64, f64)> {
    let units = h.len();
    let columns = site.recurrent.len() / units;
    let column = |column: usize| {
        let terms = (0..units).map(|k| h[k] * site.mask[k] * site.recurrent[k * columns + column]);
        let (sum, squares) = terms.fold((0.0, 0.0), |(sum, squares), term| (sum + term, squares + square(term)));
        (sum, super::of_partial_sums(units, sum, squares) + square(sum))
    };
    (0..columns).map(column).collect()
}

/// A function of one number, and the variance of its own error.
fn squashed(function: Function, x: f64) -> (f64, f64) {
    let value = function.evaluate_f64([x, 0.0, 0.0]);
    (value, square(function.roundings() * value))
}

/// See [`proofmark_engine::ops::Lstm`]. Errors: of the gates' inputs, of the gates, of c and of h.
fn lstm(site: &Site<'_>, state: &[f64], errors: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let units = state.len() / 2;
    let error = |at: usize| errors.get(at).copied().unwrap_or(0.0);
    let (h, c) = state.split_at(units);
    let mut next = vec![0.0; 2 * units];
    let mut variances = vec![0.0; 10 * units];
    let products = products(site, h);
    for unit in 0..units {
        let gates = [0, 1, 2, 3].map(|part| {
            let column = part * units + unit;
            let z = site.x[column] + products[column].0;
            variances[column] = products[column].1 + square(z);
            let function = if part == 2 { Function::Tanh } else { Function::Sigmoid };
            let (gate, variance) = squashed(function, z + error(column));
            variances[4 * units + column] = variance;
            gate + error(4 * units + column)
        });
        let [kept, added] = [gates[1] * c[unit], gates[0] * gates[2]];
        variances[8 * units + unit] = square(kept) + square(added) + square(kept + added);
        let c = kept + added + error(8 * units + unit);
        let (shown, variance) = squashed(Function::Tanh, c);
        variances[9 * units + unit] = square(gates[3]) * variance + square(gates[3] * shown);
        next[unit] = gates[3] * shown + error(9 * units + unit);
        next[units + unit] = c;
    }
    (next, variances)
}

/// See [`proofmark_engine::ops::Gru`]. Errors: of the gates' inputs, of the gates, of what the state gives to n, and of h.
fn gru(site: &Site<'_>, h: &[f64], errors: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let units = h.len();
    let error = |at: usize| errors.get(at).copied().unwrap_or(0.0);
    let mut next = vec![0.0; units];
    let mut variances = vec![0.0; 8 * units];
    let products = products(site, h);
    for unit in 0..units {
        let a = [0, 1, 2].map(|part| {
            let column = part * units + unit;
            let bias = site.bias.map_or(0.0, |bias| bias[column]);
            (products[column].0 + bias, products[column].1 + square(products[column].0 + bias))
        });
        let mut gate = |part: usize, of_state: (f64, f64), function: Function| {
            let column = part * units + unit;
            let z = site.x[column] + of_state.0;
            variances[column] = of_state.1 + square(z);
            let (gate, variance) = squashed(function, z + error(column));
            variances[3 * units + column] = variance;
            gate + error(3 * units + column)
        };
        let z = gate(0, a[0], Function::Sigmoid);
        let r = gate(1, a[1], Function::Sigmoid);
        let of_state = r * (a[2].0 + error(6 * units + unit));
        let n = gate(2, (of_state, square(of_state)), Function::Tanh);
        variances[6 * units + unit] = a[2].1;
        let [kept, added] = [z * h[unit], (1.0 - z) * n];
        variances[7 * units + unit] = square(kept) + 2.0 * square(added) + square(kept + added);
        next[unit] = kept + added + error(7 * units + unit);
    }
    (next, variances)
}
