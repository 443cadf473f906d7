use proofmark_tensor::math;

use super::embedding::row_of;
use super::recurrent::steps_of;
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Connectionist temporal classification: -ln of the probability that a path over the steps reads as the labels, where a path
/// names a class or the blank at each step, and is read by taking repetitions as one and leaving blanks out.
///
/// With the labels l of a sample and a blank before, between and after them as states s, and y the log-probabilities, the
/// forward variable is
///
/// a\[t, s\] = ln(e^a\[t-1, s\] + e^a\[t-1, s-1\] + e^a\[t-1, s-2\]) + y\[t, class(s)\], the third term only where s is a label that
/// differs from the one before;
///
/// a\[0, 0\] = y\[0, blank\], a\[0, 1\] = y\[0, l\[0\]\]; the loss is -ln(e^a\[end, last\] + e^a\[end, last - 1\]).
///
/// Where the steps are too few for the labels there is no path, and the loss is infinite. No steps and no labels give 0. A label
/// that is no class, or the blank, gives NaN.
///
/// *Shapes*: y `[T, C]`, labels `[L]`, number of labels and number of steps (scalars, cut at L and T), all f32 per sample; the loss
/// is a scalar per sample.
///
/// *Definition in f32*: computed in f64, in the order of the formulas, and rounded once, since a sum of T logarithms has lost
/// the digits that its differences need.
///
/// *Gradient*: of y [`CtcLossGradient`]; the others have none.
///
/// *Source*: Graves, Fernandez, Gomez, Schmidhuber 2006, section 4.1, in logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CtcLoss {
    /// The class that is no label.
    pub blank: usize,
}

/// Gradient of [`CtcLoss`]: dy\[t, c\] is -dloss times the probability, given the labels, that the path is at class c at step t:
/// the sum of e^(a\[t, s\] + b\[t, s\] + loss) over the states s of that class, b being the backward variable, which leaves y at
/// its own step out. Zero beyond the sequence, and everywhere if there is no path.
///
/// *Shapes*: the inputs of the operation, then dloss, a scalar per sample; dy `[T, C]`.
///
/// *Definition in f32*: as the loss's, with dloss in f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CtcLossGradient {
    /// The class that is no label.
    pub blank: usize,
}

/// One sample: log-probabilities by row, and labels between blanks.
#[derive(Clone, Copy)]
pub(crate) struct Sample<'a> {
    labels: &'a [f32],
    blank: usize,
    pub(crate) steps: usize,
    is_valid: bool,
}

impl<'a> Sample<'a> {
    pub(crate) fn new(
        labels: &'a [f32],
        n_labels: f32,
        n_steps: f32,
        blank: usize,
        [steps, classes]: [usize; 2],
    ) -> Self {
        let labels = &labels[..steps_of(n_labels, labels.len())];
        let is_label = |label: &f32| row_of(*label, classes).is_some_and(|class| class != blank);
        Sample { labels, blank, steps: steps_of(n_steps, steps), is_valid: labels.iter().all(is_label) }
    }

    /// Labels, and the blanks around them.
    pub(crate) fn states(&self) -> usize {
        2 * self.labels.len() + 1
    }

    pub(crate) fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) { self.blank } else { self.labels[state / 2] as usize }
    }

    /// Whether a path may come to the state from two before it.
    fn skips(&self, state: usize) -> bool {
        !state.is_multiple_of(2) && state >= 3 && self.class(state) != self.class(state - 2)
    }

    /// Fills the forward variables, a row of states a step; the logarithm of the probability of the labels.
    pub(crate) fn forward(&self, y: impl Fn(usize, usize) -> f64, a: &mut [f64]) -> f64 {
        if !self.is_valid {
            return f64::NAN;
        }
        let states = self.states();
        if self.steps == 0 {
            return if states == 1 { 0.0 } else { f64::NEG_INFINITY };
        }
        for (state, a) in a[..states].iter_mut().enumerate() {
            *a = if state < 2 { y(0, self.class(state)) } else { f64::NEG_INFINITY };
        }
        for step in 1..self.steps {
            let (before, row) = a[(step - 1) * states..(step + 1) * states].split_at_mut(states);
            for state in 0..states {
                let one = if state >= 1 { before[state - 1] } else { f64::NEG_INFINITY };
                let two = if self.skips(state) { before[state - 2] } else { f64::NEG_INFINITY };
                row[state] = ln_of_sum([before[state], one, two]) + y(step, self.class(state));
            }
        }
        let last = &a[(self.steps - 1) * states..self.steps * states];
        let label = if states > 1 { last[states - 2] } else { f64::NEG_INFINITY };
        ln_of_sum([last[states - 1], label, f64::NEG_INFINITY])
    }

    /// Gives each step's row of `-scale` times the probability of each class, from the last step to the first. `a` and `total` are
    /// [`Sample::forward`]'s, `b` has room for the states, `row` for the classes.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn backward(
        &self,
        y: impl Fn(usize, usize) -> f64,
        a: &[f64],
        total: f64,
        scale: f64,
        b: &mut [f64],
        row: &mut [f64],
        mut give: impl FnMut(usize, &[f64]),
    ) {
        if total == f64::NEG_INFINITY || !self.is_valid {
            row.fill(if self.is_valid { 0.0 } else { f64::NAN });
            (0..self.steps).for_each(|step| give(step, row));
            return;
        }
        let states = self.states();
        for (state, b) in b[..states].iter_mut().enumerate() {
            *b = if state + 2 >= states { 0.0 } else { f64::NEG_INFINITY };
        }
        for step in (0..self.steps).rev() {
            row.fill(0.0);
            for state in 0..states {
                row[self.class(state)] += math::exp_f64(a[step * states + state] + b[state] - total);
            }
            row.iter_mut().for_each(|share| *share *= -scale);
            give(step, row);
            // From the first state, since a state needs only what is behind it.
            for state in 0..states {
                let after = |other: usize| b[other] + y(step, self.class(other));
                let one = if state + 1 < states { after(state + 1) } else { f64::NEG_INFINITY };
                let two =
                    if state + 2 < states && self.skips(state + 2) { after(state + 2) } else { f64::NEG_INFINITY };
                b[state] = ln_of_sum([after(state), one, two]);
            }
        }
    }
}

/// ln(e^x\[0\] + e^x\[1\] + e^x\[2\]), without overflow.
fn ln_of_sum(x: [f64; 3]) -> f64 {
    let mut largest = x[0];
    for x in &x[1..] {
        if *x > largest {
            largest = *x;
        }
    }
    if largest == f64::NEG_INFINITY {
        // Keeps a NaN.
        return x[0] + x[1] + x[2];
    }
    let powers = x.map(|x| math::exp_f64(x - largest));
    largest + math::ln_f64(powers[0] + powers[1] + powers[2])
}

/// Types of the four inputs that both operations have; T and C.
fn check_inputs(op: &'static str, inputs: &[&Type], blank: usize) -> Result<[usize; 2], TypeError> {
    check::all_f32(op, inputs)?;
    for input in 0..inputs.len() {
        check::span(op, inputs, input, Span::Sample)?;
    }
    check::rank(op, inputs, 0, 2)?;
    check::rank(op, inputs, 1, 1)?;
    check::not_empty(op, &inputs[0].shape)?;
    check::not_empty(op, &inputs[1].shape)?;
    for input in 2..inputs.len() {
        check::shape(op, inputs, input, &[])?;
    }
    let classes = inputs[0].shape[1];
    if blank >= classes {
        return Err(TypeError::Attribute { op, attribute: "blank", value: blank as f64, range: "the classes" });
    }
    Ok([inputs[0].shape[0], classes])
}

/// Sample `idx` of a batch; and its log-probabilities by step and class.
fn sample_of<'a>(inputs: &[&'a Tensor64], labels: &'a [f32], blank: usize, idx: usize) -> (Sample<'a>, &'a [f64]) {
    let shape = &inputs[0].ty.shape;
    let (elements, n_labels) = (shape.elements(), inputs[1].ty.elements());
    let labels = &labels[idx * n_labels..(idx + 1) * n_labels];
    let (label_count, steps) = (inputs[2].data[idx] as f32, inputs[3].data[idx] as f32);
    let sample = Sample::new(labels, label_count, steps, blank, [shape[0], shape[1]]);
    (sample, &inputs[0].data[idx * elements..(idx + 1) * elements])
}

impl Op for CtcLoss {
    const NAME: &'static str = "ctc_loss";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 4)?;
        check_inputs(Self::NAME, inputs, self.blank)?;
        Ok(vec![Type::sample([])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let classes = inputs[0].ty.shape[1];
        let labels: Vec<f32> = inputs[1].data.iter().map(|label| *label as f32).collect();
        let mut loss = Reference::zeros(&Type::sample([]), context.samples(), 1);
        for idx in 0..context.samples() {
            let (sample, y) = sample_of(inputs, &labels, self.blank, idx);
            let mut a = vec![0.0; sample.steps * sample.states()];
            loss.add_term(idx, -sample.forward(|step, class| y[step * classes + class], &mut a));
        }
        vec![loss]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let (Some(dloss), true) = (site.output_gradients[0], site.wanted[0]) else { return Ok(vec![None; 4]) };
        let inputs: Vec<Value> = site.inputs.iter().copied().chain([dloss]).collect();
        let dy = site.graph.add(CtcLossGradient { blank: self.blank }, &inputs)?;
        Ok(vec![Some(dy), None, None, None])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        let states = 2 * inputs[1].elements() + 1;
        Cost { flops: (10 * inputs[0].shape[0] * states) as u64 }
    }

    fn attributes(&self) -> String {
        format!("blank={}", self.blank)
    }

    fn cases() -> Vec<Case> {
        let of = |name, y: &[f64], classes, labels: &[f64], loss: f64| {
            let counts = [labels.len(), y.len() / classes].map(|count| (Type::sample([]), vec![count as f64]));
            let mut inputs = vec![
                (Type::sample([y.len() / classes, classes]), y.to_vec()),
                (Type::sample([labels.len()]), labels.to_vec()),
            ];
            inputs.extend(counts);
            let case = Case::new(name, CtcLoss { blank: 0 }, inputs).expect(vec![vec![loss]]);
            let is_finite = loss.is_finite();
            case.constant(1).constant(2).constant(3).differentiable(is_finite)
        };
        let mut cases = vec![
            of("one step", &[-2.0, -0.5], 2, &[1.0], 0.5),
            // blank 1, 1 blank, 1 1.
            of("three paths", &[0.0; 4], 2, &[1.0], -1.098_612_288_668_109_8),
            of("a blank between equal labels", &[-1.0, -2.0, -4.0, -8.0, -16.0, -32.0], 2, &[1.0, 1.0], 38.0),
            of("too few steps", &[0.0; 4], 2, &[1.0, 1.0], f64::INFINITY),
            of("nothing but blanks", &[-1.0, -2.0, -4.0, -8.0], 2, &[1.0], 5.0).with_input(2, vec![0.0]),
            of("no steps", &[-1.0, -2.0], 2, &[1.0], f64::INFINITY).with_input(3, vec![0.0]),
            of("a blank is no label", &[0.0; 4], 2, &[0.0], f64::NAN),
            of("a label that is no class", &[0.0; 4], 2, &[2.0], f64::NAN),
        ];
        cases.extend(made_up(CtcLoss { blank: 1 }, false));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let reject =
            |blank, inputs: [Type; 4], text| Rejection { op: CtcLoss { blank }.into(), inputs: inputs.into(), text };
        let [y, labels, number] = [Type::sample([5, 3]), Type::sample([2]), Type::sample([])];
        vec![
            reject(
                3,
                [y.clone(), labels.clone(), number.clone(), number.clone()],
                "`ctc_loss`: blank of 3 is outside the classes",
            ),
            reject(
                0,
                [y.clone(), Type::sample([2, 1]), number.clone(), number.clone()],
                "`ctc_loss` needs input 1 with 1 axes, received shape [2, 1]",
            ),
            reject(0, [y, labels.clone(), labels, number], "`ctc_loss` needs input 2 of shape [], received [2]"),
        ]
    }
}

/// Labels with repetitions, of several lengths; for the gradient a last input.
fn made_up(op: impl Into<super::Operation> + Copy, with_gradient: bool) -> Vec<Case> {
    let case = |name, [steps, classes, labels]: [usize; 3], n_samples: usize| {
        let number = Type::sample([]);
        let mut types = vec![Type::sample([steps, classes]), Type::sample([labels]), number.clone(), number.clone()];
        types.extend(with_gradient.then_some(number));
        // Class 1 is the blank.
        let drawn = (0..labels * n_samples).map(|i| [0.0, 2.0, 2.0, 0.0][i % 4]).collect();
        let counts = (0..n_samples).map(|sample| ((sample + 1) % (labels + 1)) as f64).collect();
        let lengths = (0..n_samples).map(|sample| (steps - sample % 2) as f64).collect();
        let case = Case::made_up(name, op, &types, n_samples);
        let case = case.with_input(1, drawn).with_input(2, counts).with_input(3, lengths);
        case.constant(1).constant(2).constant(3).differentiable(!with_gradient)
    };
    vec![
        case("one label at most", [3, 3, 1], 3),
        case("several shards, last one short", [6, 4, 2], 11),
        case("many steps", [40, 3, 7], 2),
    ]
}

impl Op for CtcLossGradient {
    const NAME: &'static str = "ctc_loss_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 5)?;
        check_inputs(Self::NAME, inputs, self.blank)?;
        Ok(vec![inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let (elements, classes) = (inputs[0].ty.elements(), inputs[0].ty.shape[1]);
        let labels: Vec<f32> = inputs[1].data.iter().map(|label| *label as f32).collect();
        let mut dy = Reference::zeros(&inputs[0].ty, context.samples(), 1);
        for idx in 0..context.samples() {
            let (sample, y) = sample_of(inputs, &labels, self.blank, idx);
            let y = |step: usize, class: usize| y[step * classes + class];
            let mut a = vec![0.0; sample.steps * sample.states()];
            let total = sample.forward(y, &mut a);
            let (mut b, mut row) = (vec![0.0; sample.states()], vec![0.0; classes]);
            sample.backward(y, &a, total, inputs[4].data[idx], &mut b, &mut row, |step, row| {
                for (class, value) in row.iter().enumerate() {
                    dy.add_term(idx * elements + step * classes + class, *value);
                }
            });
        }
        vec![dy]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        let states = 2 * inputs[1].elements() + 1;
        Cost { flops: (25 * inputs[0].shape[0] * states) as u64 }
    }

    fn attributes(&self) -> String {
        format!("blank={}", self.blank)
    }

    fn cases() -> Vec<Case> {
        made_up(CtcLossGradient { blank: 1 }, true)
    }

    fn rejections() -> Vec<Rejection> {
        let (y, labels, number) = (Type::sample([5, 3]), Type::sample([2]), Type::sample([]));
        vec![Rejection {
            op: CtcLossGradient { blank: 0 }.into(),
            inputs: vec![y, labels.clone(), number.clone(), number, labels],
            text: "`ctc_loss_gradient` needs input 4 of shape [], received [2]",
        }]
    }
}
