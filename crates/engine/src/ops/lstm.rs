use super::recurrent::{
    Bounded, Places, check_sample, check_sequence, check_step, or_zeros, recurrent_gradient, sequence, steps_of,
    transposed, with_ends, with_gates,
};
use super::{Case, Cost, Direction, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Long short-term memory over a whole sequence. With h and c zero before the first step, at each step t
///
/// - z = x\[t\] + (m h) R, in four parts of U: z_i, z_f, z_g, z_o;
/// - i = sigmoid(z_i), f = sigmoid(z_f), g = tanh(z_g), o = sigmoid(z_o);
/// - c = f c + i g, h = o tanh(c).
///
/// A sequence of `length` steps has no others: at those h and c stay as they are, so that going forward the last step has
/// what the sequence ended with, and going backward the sequence starts at its own last step. A length of T or more is the
/// whole sequence, one below 1 (or NaN) none of it. Steps are read and written where they stand, in both directions.
///
/// *Shapes*: x `[T, 4 U]` per sample, what the input gives to the gates, with the bias; R `[U, 4 U]` per step; per sample the
/// mask m `[U]` of the recurrent connections, one for all steps, and the length, a scalar. Outputs: h `[T, U]`, c `[T, U]`,
/// and the gates (i, f, g, o) `[T, 4 U]`, which are zeros where the sequence has no step.
///
/// *Definition in f32*: (m h) R is [`Dense`](super::Dense)'s chain, of m h rounded once; x\[t\] + that; at the first step that is
/// walked it is left out. c = mul_add(f, c, i g).
///
/// *Gradient*: of x [`LstmGradient`], of R from that; mask and length have none, since they are drawn and counted.
///
/// *Source*: Hochreiter and Schmidhuber 1997 with the forget gate of Gers, Schmidhuber, Cummins 2000; gates in the order of
/// Keras and PyTorch; the mask: Gal and Ghahramani 2016, section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// From which end the steps are walked.
    pub direction: Direction,
}

/// Gradient of [`Lstm`] with respect to x, walked from the last step to the first.
///
/// With dh and dc what arrives at a step from outside and from the step after it: dc += dh o (1 - tanh(c)^2), di = dc g,
/// df = dc c\[before\], dg = dc i, do = dh tanh(c); dx\[t\] = (di i (1 - i), df f (1 - f), dg (1 - g^2), do o (1 - o)); to the
/// step before go dc f and m (dx\[t\] Rᵀ). Where the sequence has no step dx is zero, and dh and dc pass unchanged.
///
/// *Shapes*: Rᵀ `[4 U, U]` per step; gates `[T, 4 U]`, c `[T, U]`, mask `[U]`, length, dh `[T, U]`, and where c or the gates
/// were used themselves dc `[T, U]` and dgates `[T, 4 U]`, added to the gates' own; dx `[T, 4 U]`.
///
/// *Definition in f32*: products from the left, `1 - v^2` as mul_add(-v, v, 1), `v (1 - v)` as v times the difference, which
/// multiplies the gate's gradient; dc = mul_add(dh o, 1 - tanh(c)^2, dc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmGradient {
    /// That of the operation.
    pub direction: Direction,
}

const FORWARD: Places = Places { x: 0, mask: 2, length: 3 };
const BACKWARD: Places = Places { x: 1, mask: 3, length: 4 };

impl Op for Lstm {
    const NAME: &'static str = "lstm";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 4)?;
        let [steps, units] = check_sequence(Self::NAME, inputs, &FORWARD, 4)?;
        check_step(Self::NAME, inputs, 1, &[units, 4 * units])?;
        Ok(vec![sequence(steps, units), sequence(steps, units), inputs[0].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [x, recurrent, mask, length] = inputs else { return Vec::new() };
        let (steps, units) = (x.ty.shape[0], mask.ty.shape[0]);
        let states = sequence(steps, units);
        let mut outputs = [&states, &states, &x.ty].map(|ty| Reference::zeros(ty, context.samples(), 1));
        for sample in 0..context.samples() {
            let end = steps_of(length.data[sample] as f32, steps);
            let mask = &mask.data[sample * units..][..units];
            let mut h = vec![Bounded::default(); units];
            let mut c = h.clone();
            for walked in 0..steps {
                let step = self.direction.index(walked, steps);
                let row = sample * steps + step;
                let masked: Vec<Bounded> = h.iter().zip(mask).map(|(h, m)| h.mul(Bounded::exact(*m))).collect();
                for unit in 0..if step < end { units } else { 0 } {
                    let gates = [0, 1, 2, 3].map(|part| {
                        let column = part * units + unit;
                        let mut z = Bounded::exact(x.data[row * 4 * units + column]);
                        if walked > 0 {
                            let terms = (0..units).map(|k| (masked[k], recurrent.data[k * 4 * units + column]));
                            z = z.add(Bounded::product(terms));
                        }
                        let gate = if part == 2 { z.tanh() } else { z.sigmoid() };
                        gate.put(&mut outputs[2], row * 4 * units + column);
                        gate
                    });
                    c[unit] = gates[1].mul(c[unit]).add(gates[0].mul(gates[2]));
                    h[unit] = gates[3].mul(c[unit].tanh());
                }
                for unit in 0..units {
                    h[unit].put(&mut outputs[0], row * units + unit);
                    c[unit].put(&mut outputs[1], row * units + unit);
                }
            }
        }
        outputs.into()
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let [_, recurrent, mask, length] = site.inputs[..] else { return Ok(vec![None; 4]) };
        let [h, c, gates] = site.outputs[..] else { return Ok(vec![None; 4]) };
        let [dh, dc, dgates] = site.output_gradients[..] else { return Ok(vec![None; 4]) };
        if !site.wanted[0] && !site.wanted[1] {
            return Ok(vec![None; 4]);
        }
        let graph = &mut *site.graph;
        let dh = or_zeros(graph, dh, h)?;
        let mut inputs = vec![transposed(graph, recurrent)?, gates, c, mask, length, dh];
        if dc.is_some() || dgates.is_some() {
            inputs.extend([or_zeros(graph, dc, c)?, or_zeros(graph, dgates, gates)?]);
        }
        let direction = self.direction;
        let dx = graph.add(LstmGradient { direction }, &inputs)?;
        let drecurrent = match site.wanted[1] {
            true => Some(recurrent_gradient(graph, direction, h, mask, dx)?),
            false => None,
        };
        Ok(vec![site.wanted[0].then_some(dx), drecurrent, None, None])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: (inputs[0].elements() * (2 * inputs[2].elements() + 8)) as u64 }
    }

    fn attributes(&self) -> String {
        self.direction.describe().to_owned()
    }

    fn cases() -> Vec<Case> {
        let case = |name, direction, [steps, units]: [usize; 2], n_samples| {
            let types = lstm_types(steps, units);
            with_ends(Case::made_up(name, Lstm { direction }, &types, n_samples), &FORWARD, steps)
        };
        let zeros = |length| {
            vec![
                (sequence(2, 4), vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
                (Type::step([1, 4]), vec![0.0; 4]),
                (Type::sample([1]), vec![1.0]),
                (Type::sample([]), vec![length]),
            ]
        };
        // tanh(1), half of it, and half of that one's tanh.
        let (g, c, h) = (0.761_594_155_955_764_9, 0.380_797_077_977_882_4, 0.181_699_742_194_526_25);
        let known = |c, h, gates: Vec<f64>| vec![h, c, gates];
        let forward = known(vec![c, c], vec![h, h], vec![0.5, 0.5, g, 0.5, 0.0, 0.0, 0.0, 0.0]);
        let backward = known(vec![c, 0.0], vec![h, 0.0], vec![0.5, 0.5, g, 0.5, 0.0, 0.0, 0.0, 0.0]);
        let of = |direction| Lstm { direction };
        vec![
            Case::new("one step of two", of(Direction::Forward), zeros(1.0)).expect(forward).constant(2).constant(3),
            Case::new("one of two, backward", of(Direction::Backward), zeros(1.0))
                .expect(backward)
                .constant(2)
                .constant(3),
            case("one step of one unit", Direction::Forward, [1, 1], 3),
            case("several shards, last one short", Direction::Forward, [4, 3], 11),
            case("backward", Direction::Backward, [4, 2], 3),
            case("more units than lanes", Direction::Backward, [3, 19], 2).differentiable(false),
            case("long", Direction::Forward, [17, 5], 3).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let op = Lstm { direction: Direction::Forward };
        let reject = |inputs: [Type; 4], text| Rejection { op: op.into(), inputs: inputs.into(), text };
        let [x, recurrent, mask, length] = lstm_types(3, 2);
        vec![
            reject(
                [sequence(3, 6), recurrent.clone(), mask.clone(), length.clone()],
                "`lstm` needs input 0 of shape [3, 8], received [3, 6]",
            ),
            reject(
                [x.clone(), Type::step([8, 2]), mask.clone(), length],
                "`lstm` needs input 1 of shape [2, 8], received [8, 2]",
            ),
            reject([x, recurrent, mask, Type::sample([3])], "`lstm` needs input 3 of shape [], received [3]"),
        ]
    }
}

fn lstm_types(steps: usize, units: usize) -> [Type; 4] {
    [sequence(steps, 4 * units), Type::step([units, 4 * units]), Type::sample([units]), Type::sample([])]
}

impl Op for LstmGradient {
    const NAME: &'static str = "lstm_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        if inputs.len() != 8 {
            check::arity(Self::NAME, inputs, 6)?;
        }
        let [steps, units] = check_sequence(Self::NAME, inputs, &BACKWARD, 4)?;
        check_step(Self::NAME, inputs, 0, &[4 * units, units])?;
        for (input, width) in [(2, units), (5, units), (6, units), (7, 4 * units)] {
            check_sample(Self::NAME, inputs, input, &[steps, width])?;
        }
        Ok(vec![inputs[1].clone()])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [transposed, gates, c, mask, length, dh_given, others @ ..] = inputs else { return Vec::new() };
        let (steps, units) = (gates.ty.shape[0], mask.ty.shape[0]);
        let mut dx = Reference::zeros(&gates.ty, context.samples(), 1);
        for sample in 0..context.samples() {
            let end = steps_of(length.data[sample] as f32, steps);
            let mut dh = vec![Bounded::default(); units];
            let mut dc = dh.clone();
            for walked in (0..steps).rev() {
                let step = self.direction.index(walked, steps);
                let row = sample * steps + step;
                let mut dz = vec![Bounded::default(); 4 * units];
                for unit in 0..units {
                    let at = row * units + unit;
                    dh[unit] = dh[unit].add(Bounded::exact(dh_given.data[at]));
                    if let Some(dc_given) = others.first() {
                        dc[unit] = dc[unit].add(Bounded::exact(dc_given.data[at]));
                    }
                    if step >= end {
                        continue;
                    }
                    let column = |part: usize| row * 4 * units + part * units + unit;
                    let [i, f, g, o] = [0, 1, 2, 3].map(|part| Bounded::exact(gates.data[column(part)]));
                    let before = match walked {
                        0 => Bounded::default(),
                        _ => {
                            let step = self.direction.index(walked - 1, steps);
                            Bounded::exact(c.data[(sample * steps + step) * units + unit])
                        }
                    };
                    let squashed = Bounded::exact(c.data[at]).tanh();
                    dc[unit] = dc[unit].add(dh[unit].mul(o).mul(squashed.mul(squashed).complement()));
                    let own = [dc[unit].mul(g), dc[unit].mul(before), dc[unit].mul(i), dh[unit].mul(squashed)];
                    for (part, (mut gradient, gate)) in own.into_iter().zip([i, f, g, o]).enumerate() {
                        if let Some(dgates) = others.get(1) {
                            gradient = gradient.add(Bounded::exact(dgates.data[column(part)]));
                        }
                        let slope = if part == 2 { gate.mul(gate).complement() } else { gate.mul(gate.complement()) };
                        dz[part * units + unit] = gradient.mul(slope);
                        dz[part * units + unit].put(&mut dx, column(part));
                    }
                    dc[unit] = dc[unit].mul(f);
                }
                for (unit, dh) in dh.iter_mut().enumerate().take(if step < end { units } else { 0 }) {
                    let terms = (0..4 * units).map(|k| (dz[k], transposed.data[k * units + unit]));
                    *dh = Bounded::product(terms).mul(Bounded::exact(mask.data[sample * units + unit]));
                }
            }
        }
        vec![dx]
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: (outputs[0].elements() * (2 * inputs[3].elements() + 8)) as u64 }
    }

    fn attributes(&self) -> String {
        self.direction.describe().to_owned()
    }

    fn cases() -> Vec<Case> {
        let case = |name, direction, [steps, units]: [usize; 2], n_samples, with_states: bool| {
            let [gates, _, mask, length] = lstm_types(steps, units);
            let states = sequence(steps, units);
            let transposed = Type::step([4 * units, units]);
            let mut types = vec![transposed, gates.clone(), states.clone(), mask, length, states.clone()];
            if with_states {
                types.extend([states, gates]);
            }
            let case = Case::made_up(name, LstmGradient { direction }, &types, n_samples).differentiable(false);
            with_ends(with_gates(case, 1), &BACKWARD, steps)
        };
        vec![
            case("one step of one unit", Direction::Forward, [1, 1], 3, false),
            case("several shards, last one short", Direction::Backward, [4, 3], 21, false),
            case("more units than lanes, states used", Direction::Forward, [3, 19], 2, true),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let [gates, _, mask, length] = lstm_types(3, 2);
        let inputs = vec![Type::step([8, 2]), gates, sequence(3, 2), mask, length, sequence(2, 2)];
        let text = "`lstm_gradient` needs input 5 of shape [3, 2], received [2, 2]";
        vec![Rejection { op: LstmGradient { direction: Direction::Forward }.into(), inputs, text }]
    }
}
