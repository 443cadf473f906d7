use super::recurrent::{
    Bounded, Places, check_sample, check_sequence, check_step, or_zeros, recurrent_gradient, sequence, steps_of,
    transposed, with_ends, with_gates,
};
use super::{
    BatchSum, Case, Cost, Direction, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check,
};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Gated recurrent units over a whole sequence, the reset gate after the product. With h zero before the first step, at
/// each step t
///
/// - a = (m h) R + b, in three parts of U: a_z, a_r, a_n, as x\[t\] has them;
/// - z = sigmoid(x_z + a_z), r = sigmoid(x_r + a_r), n = tanh(x_n + r a_n);
/// - h = z h + (1 - z) n.
///
/// Lengths, direction and mask are those of [`Lstm`](super::Lstm).
///
/// *Shapes*: x `[T, 3 U]` per sample, what the input gives, with its bias; R `[U, 3 U]` and b `[3 U]` per step; per sample the
/// mask m `[U]` and the length, a scalar. Outputs: h `[T, U]` and the gates (z, r, n, a_n) `[T, 4 U]`, which are zeros where
/// the sequence has no step.
///
/// *Definition in f32*: (m h) R is [`Dense`](super::Dense)'s chain, of m h rounded once, plus b; at the first step that is walked
/// a is b. n = tanh(mul_add(r, a_n, x_n)), h = mul_add(z, h - n, n).
///
/// *Gradient*: of x and a [`GruGradient`], of R and b from that of a; mask and length have none.
///
/// *Source*: Cho et al. 2014, with the reset gate after the product as in cuDNN, PyTorch and Keras' `reset_after`; gates in
/// the order of Keras (PyTorch has r before z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gru {
    /// From which end the steps are walked.
    pub direction: Direction,
}

/// Gradients of [`Gru`] with respect to x and a, walked from the last step to the first.
///
/// With dh what arrives at a step from outside and from the step after it: dz = dh (h\[before\] - n), dn = dh (1 - z), each
/// times its function's slope z (1 - z), 1 - n^2; dr = dn a_n r (1 - r). dx = (dz, dr, dn), da = (dz, dr, dn r); to the step
/// before goes dh z + m (da Rᵀ). Where the sequence has no step both are zero, and dh passes unchanged.
///
/// *Shapes*: Rᵀ `[3 U, U]` per step; gates `[T, 4 U]`, h `[T, U]`, mask `[U]`, length, dh `[T, U]`, and where the gates were
/// used themselves dgates `[T, 4 U]`, added to the gates' own (the last to dn r); dx and da `[T, 3 U]`.
///
/// *Definition in f32*: products from the left, `1 - v^2` as mul_add(-v, v, 1), `v (1 - v)` as v times the difference, which
/// multiplies the gate's gradient; dh = mul_add(da Rᵀ, m, dh z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GruGradient {
    /// That of the operation.
    pub direction: Direction,
}

const FORWARD: Places = Places { x: 0, mask: 3, length: 4 };
/// The gates stand where x does going forward, with a part more.
const BACKWARD: Places = Places { x: 1, mask: 3, length: 4 };

impl Op for Gru {
    const NAME: &'static str = "gru";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, 5)?;
        let [steps, units] = check_sequence(Self::NAME, inputs, &FORWARD, 3)?;
        check_step(Self::NAME, inputs, 1, &[units, 3 * units])?;
        check_step(Self::NAME, inputs, 2, &[3 * units])?;
        Ok(vec![sequence(steps, units), sequence(steps, 4 * units)])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [x, recurrent, bias, mask, length] = inputs else { return Vec::new() };
        let (steps, units) = (x.ty.shape[0], mask.ty.shape[0]);
        let types = [sequence(steps, units), sequence(steps, 4 * units)];
        let mut outputs = types.map(|ty| Reference::zeros(&ty, context.samples(), 1));
        for sample in 0..context.samples() {
            let end = steps_of(length.data[sample] as f32, steps);
            let mask = &mask.data[sample * units..][..units];
            let mut h = vec![Bounded::default(); units];
            for walked in 0..steps {
                let step = self.direction.index(walked, steps);
                let row = sample * steps + step;
                let masked: Vec<Bounded> = h.iter().zip(mask).map(|(h, m)| h.mul(Bounded::exact(*m))).collect();
                for (unit, h) in h.iter_mut().enumerate().take(if step < end { units } else { 0 }) {
                    let a = [0, 1, 2].map(|part| {
                        let column = part * units + unit;
                        let bias = Bounded::exact(bias.data[column]);
                        if walked == 0 {
                            return bias;
                        }
                        let terms = (0..units).map(|k| (masked[k], recurrent.data[k * 3 * units + column]));
                        Bounded::product(terms).add(bias)
                    });
                    let x = |part: usize| Bounded::exact(x.data[row * 3 * units + part * units + unit]);
                    let z = x(0).add(a[0]).sigmoid();
                    let r = x(1).add(a[1]).sigmoid();
                    let n = r.mul(a[2]).add(x(2)).tanh();
                    *h = z.mul(h.sub(n)).add(n);
                    for (part, gate) in [z, r, n, a[2]].into_iter().enumerate() {
                        gate.put(&mut outputs[1], row * 4 * units + part * units + unit);
                    }
                }
                for (unit, h) in h.iter().enumerate() {
                    h.put(&mut outputs[0], row * units + unit);
                }
            }
        }
        outputs.into()
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let [_, recurrent, bias, mask, length] = site.inputs[..] else { return Ok(vec![None; 5]) };
        let [h, gates] = site.outputs[..] else { return Ok(vec![None; 5]) };
        let [dh, dgates] = site.output_gradients[..] else { return Ok(vec![None; 5]) };
        if !site.wanted[..3].contains(&true) {
            return Ok(vec![None; 5]);
        }
        let graph = &mut *site.graph;
        let direction = self.direction;
        let dh = or_zeros(graph, dh, h)?;
        let mut inputs = vec![transposed(graph, recurrent)?, gates, h, mask, length, dh];
        inputs.extend(dgates);
        let gradients = graph.apply(GruGradient { direction }, &inputs)?;
        let drecurrent = match site.wanted[1] {
            true => Some(recurrent_gradient(graph, direction, h, mask, gradients[1])?),
            false => None,
        };
        let dbias = match site.wanted[2] {
            true => Some(graph.add(BatchSum { shape: graph.shape(bias).clone() }, &[gradients[1]])?),
            false => None,
        };
        Ok(vec![site.wanted[0].then_some(gradients[0]), drecurrent, dbias, None, None])
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost { flops: (inputs[0].elements() * (2 * inputs[3].elements() + 8)) as u64 }
    }

    fn attributes(&self) -> String {
        self.direction.describe().to_owned()
    }

    fn cases() -> Vec<Case> {
        let case = |name, direction, [steps, units]: [usize; 2], n_samples| {
            let types = gru_types(steps, units);
            with_ends(Case::made_up(name, Gru { direction }, &types, n_samples), &FORWARD, steps)
        };
        let zeros = |length| {
            vec![
                (sequence(2, 3), vec![0.0, 0.0, 0.5, 0.0, 0.0, 0.5]),
                (Type::step([1, 3]), vec![0.0; 3]),
                (Type::step([3]), vec![0.0, 0.0, 1.0]),
                (Type::sample([1]), vec![1.0]),
                (Type::sample([]), vec![length]),
            ]
        };
        // tanh(0.5 + 0.5 1), and half of it.
        let (n, h) = (0.761_594_155_955_764_9, 0.380_797_077_977_882_4);
        let gates = vec![0.5, 0.5, n, 1.0, 0.0, 0.0, 0.0, 0.0];
        let of = |direction| Gru { direction };
        vec![
            Case::new("one step of two", of(Direction::Forward), zeros(1.0))
                .expect(vec![vec![h, h], gates.clone()])
                .constant(3)
                .constant(4),
            Case::new("one of two, backward", of(Direction::Backward), zeros(1.0))
                .expect(vec![vec![h, 0.0], gates])
                .constant(3)
                .constant(4),
            case("one step of one unit", Direction::Forward, [1, 1], 3),
            case("several shards, last one short", Direction::Forward, [4, 3], 11),
            case("backward", Direction::Backward, [4, 2], 3),
            case("more units than lanes", Direction::Backward, [3, 19], 2).differentiable(false),
            case("long", Direction::Forward, [17, 5], 3).differentiable(false),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let op = Gru { direction: Direction::Forward };
        let reject = |inputs: [Type; 5], text| Rejection { op: op.into(), inputs: inputs.into(), text };
        let [x, recurrent, bias, mask, length] = gru_types(3, 2);
        vec![
            reject(
                [sequence(3, 8), recurrent.clone(), bias.clone(), mask.clone(), length.clone()],
                "`gru` needs input 0 of shape [3, 6], received [3, 8]",
            ),
            reject(
                [x.clone(), recurrent.clone(), Type::step([2]), mask.clone(), length],
                "`gru` needs input 2 of shape [6], received [2]",
            ),
            reject([x, recurrent, bias, mask, Type::sample([3])], "`gru` needs input 4 of shape [], received [3]"),
        ]
    }
}

fn gru_types(steps: usize, units: usize) -> [Type; 5] {
    let (x, recurrent) = (sequence(steps, 3 * units), Type::step([units, 3 * units]));
    [x, recurrent, Type::step([3 * units]), Type::sample([units]), Type::sample([])]
}

impl Op for GruGradient {
    const NAME: &'static str = "gru_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        if inputs.len() != 7 {
            check::arity(Self::NAME, inputs, 6)?;
        }
        let [steps, units] = check_sequence(Self::NAME, inputs, &BACKWARD, 4)?;
        check_step(Self::NAME, inputs, 0, &[3 * units, units])?;
        for (input, width) in [(2, units), (5, units), (6, 4 * units)] {
            check_sample(Self::NAME, inputs, input, &[steps, width])?;
        }
        Ok(vec![sequence(steps, 3 * units); 2])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let [transposed, gates, h, mask, length, dh_given, others @ ..] = inputs else { return Vec::new() };
        let (steps, units) = (gates.ty.shape[0], mask.ty.shape[0]);
        let ty = sequence(steps, 3 * units);
        let mut outputs = [&ty; 2].map(|ty| Reference::zeros(ty, context.samples(), 1));
        for sample in 0..context.samples() {
            let end = steps_of(length.data[sample] as f32, steps);
            let mut dh = vec![Bounded::default(); units];
            for walked in (0..steps).rev() {
                let step = self.direction.index(walked, steps);
                let row = sample * steps + step;
                let mut da = vec![Bounded::default(); 3 * units];
                for unit in 0..units {
                    dh[unit] = dh[unit].add(Bounded::exact(dh_given.data[row * units + unit]));
                    if step >= end {
                        continue;
                    }
                    let column = |part: usize| row * 4 * units + part * units + unit;
                    let [z, r, n, a_n] = [0, 1, 2, 3].map(|part| Bounded::exact(gates.data[column(part)]));
                    let given = |part: usize, own: Bounded| match others.first() {
                        Some(dgates) => own.add(Bounded::exact(dgates.data[column(part)])),
                        None => own,
                    };
                    let before = match walked {
                        0 => Bounded::default(),
                        _ => {
                            let step = self.direction.index(walked - 1, steps);
                            Bounded::exact(h.data[(sample * steps + step) * units + unit])
                        }
                    };
                    let dz = given(0, dh[unit].mul(before.sub(n))).mul(z.mul(z.complement()));
                    let dn = given(2, dh[unit].mul(z.complement())).mul(n.mul(n).complement());
                    let dr = given(1, dn.mul(a_n)).mul(r.mul(r.complement()));
                    let da_n = given(3, dn.mul(r));
                    for (part, (by_x, by_a)) in [(dz, dz), (dr, dr), (dn, da_n)].into_iter().enumerate() {
                        by_x.put(&mut outputs[0], row * 3 * units + part * units + unit);
                        by_a.put(&mut outputs[1], row * 3 * units + part * units + unit);
                        da[part * units + unit] = by_a;
                    }
                    dh[unit] = dh[unit].mul(z);
                }
                for (unit, dh) in dh.iter_mut().enumerate().take(if step < end { units } else { 0 }) {
                    let terms = (0..3 * units).map(|k| (da[k], transposed.data[k * units + unit]));
                    let mask = Bounded::exact(mask.data[sample * units + unit]);
                    *dh = Bounded::product(terms).mul(mask).add(*dh);
                }
            }
        }
        outputs.into()
    }

    fn cost(&self, inputs: &[&Type], outputs: &[Type]) -> Cost {
        Cost { flops: (outputs[0].elements() * (2 * inputs[3].elements() + 8)) as u64 }
    }

    fn attributes(&self) -> String {
        self.direction.describe().to_owned()
    }

    fn cases() -> Vec<Case> {
        let case = |name, direction, [steps, units]: [usize; 2], n_samples, with_gates_used: bool| {
            let (gates, states) = (sequence(steps, 4 * units), sequence(steps, units));
            let (transposed, mask) = (Type::step([3 * units, units]), Type::sample([units]));
            let mut types = vec![transposed, gates.clone(), states.clone(), mask, Type::sample([]), states];
            types.extend(with_gates_used.then_some(gates));
            let case = Case::made_up(name, GruGradient { direction }, &types, n_samples).differentiable(false);
            with_ends(with_gates(case, 1), &BACKWARD, steps)
        };
        vec![
            case("one step of one unit", Direction::Forward, [1, 1], 3, false),
            case("several shards, last one short", Direction::Backward, [4, 3], 21, false),
            case("more units than lanes, gates used", Direction::Forward, [3, 19], 2, true),
        ]
    }

    fn rejections() -> Vec<Rejection> {
        let (gates, states, mask) = (sequence(3, 8), sequence(3, 2), Type::sample([2]));
        let inputs = vec![Type::step([6, 2]), gates, states, mask, Type::sample([]), sequence(2, 2)];
        let text = "`gru_gradient` needs input 5 of shape [3, 2], received [2, 2]";
        vec![Rejection { op: GruGradient { direction: Direction::Forward }.into(), inputs, text }]
    }
}
