use proofmark_tensor::DType;

use super::softmax::{SoftmaxRow, strided_terms};
use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Span, Type, Value};

/// Scaled dot-product attention with several heads: for head h, query t and the keys s that t sees,
///
/// z\[t, s\] = (sum over i of q\[t, h, i\] k\[s, h, i\]) / sqrt(D), p\[t\] = softmax(z\[t\]),
/// y\[t, h, j\] = sum over s of p\[t, s\] v\[s, h, j\].
///
/// With `is_causal` query t sees the keys s <= t; with `has_lengths` a sample's keys from its length on are padding, which
/// nobody sees. Lengths are f32, as tokens are; one
/// counts without its fraction, as 0 below 0 and where it is NaN, as S above S. A query that sees no key gives +0.0.
///
/// *Shapes*, all per sample: q `[T, heads D]`, k `[S, heads D]`, v `[S, heads E]`, with `has_lengths` the lengths `[]`;
/// y `[T, heads E]`. T and S are equal where it is causal, and may differ otherwise (cross-attention).
///
/// *Definition in f32*: z is a chain of fused multiply-adds along i from +0.0, cut into blocks of
/// [`CHAIN`](crate::cpu::CHAIN), times 1 / sqrt(D) rounded to f32; p is [`Softmax`](super::Softmax) of the keys that t sees
/// and +0.0 for the others; y is a chain along s as above, over the keys that t sees and no others: what a hidden key and its
/// value are, be it NaN, reaches no query. Where it is causal, queries go in groups of [`ATTENTION_ROWS`], and the keys of a
/// query's own group are added to its chain one by one after the last block of the keys before them.
///
/// *Gradient*: [`AttentionGradient`], which computes p again rather than storing heads T S numbers.
///
/// *Source*: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin 2017, equation 1 and section 3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Into how many equal parts the last axes of q, k and v are cut; at least 1.
    pub heads: usize,
    /// Whether a query sees no later key.
    pub is_causal: bool,
    /// Whether a sample has its own number of keys, as input 3.
    pub has_lengths: bool,
}

/// Gradients of [`Attention`] with respect to q, k and v: with dp\[t, s\] = sum over j of dy\[t, h, j\] v\[s, h, j\] and
/// dz\[t, s\] = p\[t, s\] (dp\[t, s\] - sum over r of p\[t, r\] dp\[t, r\]) / sqrt(D),
///
/// dq\[t, h, i\] = sum over s of dz\[t, s\] k\[s, h, i\], dk\[s, h, i\] = sum over t of dz\[t, s\] q\[t, h, i\],
/// dv\[s, h, j\] = sum over t of p\[t, s\] dy\[t, h, j\].
///
/// *Shapes*: the inputs of [`Attention`], then dy as its y; dq, dk and dv as q, k and v.
///
/// *Definition in f32*: p as there; dp is a chain along j; the sum in dz is a strided sum as in
/// [`SoftmaxGradient`](super::SoftmaxGradient), over the keys that t sees, and dz of the others is +0.0; dq is a chain along s
/// as that of y is; dk and dv are chains along t over the queries that see s: where it is causal those of later groups, cut
/// into blocks, then those of the key's own group from t = s on. They are +0.0 for padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionGradient {
    /// The attention.
    pub attention: Attention,
}

/// Queries (or keys) that are computed together: two tiles of twelve rows.
pub const ATTENTION_ROWS: usize = 24;

/// The sizes of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AttentionSizes {
    /// T.
    pub(crate) queries: usize,
    /// S.
    pub(crate) keys: usize,
    /// D.
    pub(crate) key_width: usize,
    /// E.
    pub(crate) value_width: usize,
}

impl Attention {
    /// Number of inputs.
    fn arity(&self) -> usize {
        3 + usize::from(self.has_lengths)
    }

    /// The sizes, after checking q, k, v and the lengths; `arity` inputs are there.
    pub(crate) fn sizes(&self, op: &'static str, inputs: &[&Type]) -> Result<AttentionSizes, TypeError> {
        check::at_least_one(op, "heads", self.heads)?;
        for input in 0..3 {
            check::dtype(op, inputs, input, DType::F32)?;
            check::span(op, inputs, input, Span::Sample)?;
            check::rank(op, inputs, input, 2)?;
            check::not_empty(op, &inputs[input].shape)?;
        }
        let (q, k, v) = (&inputs[0].shape, &inputs[1].shape, &inputs[2].shape);
        check::shape(op, inputs, 1, &[if self.is_causal { q[0] } else { k[0] }, q[1]])?;
        check::shape(op, inputs, 2, &[k[0], v[1]])?;
        for width in [q[1], v[1]] {
            if width % self.heads != 0 {
                let value = self.heads as f64;
                return Err(TypeError::Attribute {
                    op,
                    attribute: "heads",
                    value,
                    range: "the divisors of the last axes",
                });
            }
        }
        if self.has_lengths {
            check::dtype(op, inputs, 3, DType::F32)?;
            check::span(op, inputs, 3, Span::Sample)?;
            check::shape(op, inputs, 3, &[])?;
        }
        let (key_width, value_width) = (q[1] / self.heads, v[1] / self.heads);
        Ok(AttentionSizes { queries: q[0], keys: k[0], key_width, value_width })
    }

    /// Floating-point operations of one product of queries and keys over an axis of `width`, all heads.
    fn product_flops(&self, sizes: &AttentionSizes, width: usize) -> u64 {
        let pairs = sizes.queries * sizes.keys;
        let seen = if self.is_causal { pairs.div_ceil(2) } else { pairs };
        2 * (seen * width * self.heads) as u64
    }

    /// What the references of the operation and its gradient have in common, for each sample, head and query.
    fn for_each_query(&self, sizes: &AttentionSizes, inputs: &[&Tensor64], mut visit: impl FnMut(Query)) {
        let (q, k) = (inputs[0], inputs[1]);
        let width = sizes.key_width;
        let scale = 1.0 / (width as f64).sqrt();
        for sample in 0..q.data.len() / q.ty.elements() {
            let length = if self.has_lengths { inputs[3].data[sample].max(0.0) as usize } else { sizes.keys };
            for head in 0..self.heads {
                for query in 0..sizes.queries {
                    let sees = length.min(if self.is_causal { query + 1 } else { sizes.keys }).min(sizes.keys);
                    let at = ((sample * sizes.queries + query) * self.heads + head) * width;
                    let mut scores = Vec::new();
                    let mut score_magnitudes = Vec::new();
                    for key in 0..sees {
                        let key_at = ((sample * sizes.keys + key) * self.heads + head) * width;
                        let terms = (0..width).map(|i| q.data[at + i] * k.data[key_at + i] * scale);
                        scores.push(terms.clone().sum());
                        score_magnitudes.push(terms.map(f64::abs).sum::<f64>());
                    }
                    let softmax = SoftmaxRow::new(&scores);
                    // By how much the roundings of all scores move the sum, relatively.
                    let spread: f64 = softmax.probabilities.iter().zip(&score_magnitudes).map(|(p, m)| p * m).sum();
                    let magnitudes = (0..sees)
                        .map(|s| softmax.magnitude(s) + softmax.probabilities[s] * (score_magnitudes[s] + spread))
                        .collect();
                    visit(Query { sample, head, query, probabilities: softmax.probabilities, magnitudes });
                }
            }
        }
    }
}

/// The probabilities of one query over the keys that it sees, and their magnitudes.
struct Query {
    sample: usize,
    head: usize,
    query: usize,
    probabilities: Vec<f64>,
    magnitudes: Vec<f64>,
}

/// Roundings on the way to a probability.
fn probability_terms(sizes: &AttentionSizes) -> usize {
    sizes.key_width + 3 + strided_terms(sizes.keys) + 5
}

impl Op for Attention {
    const NAME: &'static str = "attention";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        check::arity(Self::NAME, inputs, self.arity())?;
        let sizes = self.sizes(Self::NAME, inputs)?;
        Ok(vec![Type::sample([sizes.queries, self.heads * sizes.value_width])])
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let types: Vec<&Type> = inputs.iter().map(|input| &input.ty).collect();
        let sizes = self.sizes(Self::NAME, &types).expect("the graph is typed");
        let (v, width) = (inputs[2], sizes.value_width);
        let ty = Type::sample([sizes.queries, self.heads * width]);
        let mut y = Reference::zeros(&ty, context.samples(), probability_terms(&sizes) + sizes.keys);
        self.for_each_query(&sizes, inputs, |row| {
            let at = ((row.sample * sizes.queries + row.query) * self.heads + row.head) * width;
            for (key, (p, magnitude)) in row.probabilities.iter().zip(&row.magnitudes).enumerate() {
                let key_at = ((row.sample * sizes.keys + key) * self.heads + row.head) * width;
                for j in 0..width {
                    y.data[at + j] += p * v.data[key_at + j];
                    y.magnitude[at + j] += magnitude * v.data[key_at + j].abs();
                }
            }
        });
        vec![y]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        let mut gradients = vec![None; self.arity()];
        if let Some(dy) = site.output_gradients[0] {
            let mut inputs = site.inputs.to_vec();
            inputs.push(dy);
            let all = site.graph.apply(AttentionGradient { attention: *self }, &inputs)?;
            for (input, gradient) in all.into_iter().enumerate() {
                gradients[input] = site.wanted[input].then_some(gradient);
            }
        }
        Ok(gradients)
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.sizes(Self::NAME, inputs).map_or(Cost::default(), |sizes| Cost {
            flops: self.product_flops(&sizes, sizes.key_width) + self.product_flops(&sizes, sizes.value_width),
        })
    }

    fn attributes(&self) -> String {
        let Attention { heads, is_causal, has_lengths } = self;
        format!("heads={heads} causal={is_causal} lengths={has_lengths}")
    }

    fn cases() -> Vec<Case> {
        let one = Attention { heads: 1, is_causal: false, has_lengths: false };
        let known = |op: Attention, q: Vec<f64>, k: Vec<f64>, v: Vec<f64>| {
            let inputs = vec![(Type::sample([2, 1]), q), (Type::sample([2, 1]), k), (Type::sample([2, 1]), v)];
            Case::new("known", op, inputs)
        };
        let mut cases = vec![
            known(one, vec![0., 0.], vec![1., 2.], vec![2., 6.]).expect(vec![vec![4., 4.]]),
            known(Attention { is_causal: true, ..one }, vec![0., 0.], vec![1., 2.], vec![2., 6.])
                .expect(vec![vec![2., 4.]]),
        ];
        cases.extend(made_up_cases(Case::made_up));
        cases
    }

    fn rejections() -> Vec<Rejection> {
        let op = |heads, is_causal| Attention { heads, is_causal, has_lengths: false };
        let types = |q: [usize; 2], k: [usize; 2], v: [usize; 2]| [q, k, v].map(Type::sample).to_vec();
        vec![
            Rejection {
                op: op(3, false).into(),
                inputs: types([2, 4], [2, 4], [2, 4]),
                text: "`attention`: heads of 3 is outside the divisors of the last axes",
            },
            Rejection {
                op: op(0, false).into(),
                inputs: types([2, 4], [2, 4], [2, 4]),
                text: "`attention`: heads of 0 is outside 1 or more",
            },
            Rejection {
                op: op(1, true).into(),
                inputs: types([2, 4], [3, 4], [3, 4]),
                text: "`attention` needs input 1 of shape [2, 4], received [3, 4]",
            },
        ]
    }
}

impl Op for AttentionGradient {
    const NAME: &'static str = "attention_gradient";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let dy = self.attention.arity();
        check::arity(Self::NAME, inputs, dy + 1)?;
        let sizes = self.attention.sizes(Self::NAME, inputs)?;
        check::dtype(Self::NAME, inputs, dy, DType::F32)?;
        check::span(Self::NAME, inputs, dy, Span::Sample)?;
        check::shape(Self::NAME, inputs, dy, &[sizes.queries, self.attention.heads * sizes.value_width])?;
        Ok(inputs[..3].iter().map(|ty| (*ty).clone()).collect())
    }

    fn reference(&self, inputs: &[&Tensor64], context: &ReferenceContext) -> Vec<Reference> {
        let types: Vec<&Type> = inputs.iter().map(|input| &input.ty).collect();
        let heads = self.attention.heads;
        let sizes = self.attention.sizes(Self::NAME, &types).expect("the graph is typed");
        let AttentionSizes { queries, keys, key_width, value_width } = sizes;
        let (q, k, v, dy) = (inputs[0], inputs[1], inputs[2], inputs[self.attention.arity()]);
        let terms = probability_terms(&sizes) + value_width + strided_terms(keys) + 4 + queries.max(keys);
        let [mut dq, mut dk, mut dv] = [q, k, v].map(|x| Reference::zeros(&x.ty, context.samples(), terms));
        let scale = 1.0 / (key_width as f64).sqrt();
        self.attention.for_each_query(&sizes, inputs, |row| {
            let query_at = (row.sample * queries + row.query) * heads + row.head;
            let key_at = |key: usize| (row.sample * keys + key) * heads + row.head;
            let (p, p_magnitude) = (&row.probabilities, &row.magnitudes);
            let (mut dp, mut dp_magnitude) = (Vec::new(), Vec::new());
            for key in 0..p.len() {
                let products = (0..value_width)
                    .map(|j| dy.data[query_at * value_width + j] * v.data[key_at(key) * value_width + j]);
                dp.push(products.clone().sum::<f64>());
                dp_magnitude.push(products.map(f64::abs).sum::<f64>());
            }
            let dot: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
            let dot_magnitude: f64 = p_magnitude.iter().zip(&dp_magnitude).map(|(p, dp)| p * dp).sum();
            for key in 0..p.len() {
                let dz = p[key] * (dp[key] - dot) * scale;
                let dz_magnitude = p_magnitude[key] * (dp_magnitude[key] + dot_magnitude) * scale;
                for i in 0..key_width {
                    let (from, to) = (query_at * key_width + i, key_at(key) * key_width + i);
                    dq.data[from] += dz * k.data[to];
                    dq.magnitude[from] += dz_magnitude * k.data[to].abs();
                    dk.data[to] += dz * q.data[from];
                    dk.magnitude[to] += dz_magnitude * q.data[from].abs();
                }
                for j in 0..value_width {
                    let (from, to) = (query_at * value_width + j, key_at(key) * value_width + j);
                    dv.data[to] += p[key] * dy.data[from];
                    dv.magnitude[to] += p_magnitude[key] * dy.data[from].abs();
                }
            }
        });
        vec![dq, dk, dv]
    }

    fn cost(&self, inputs: &[&Type], _outputs: &[Type]) -> Cost {
        self.attention.sizes(Self::NAME, inputs).map_or(Cost::default(), |sizes| Cost {
            flops: 3 * self.attention.product_flops(&sizes, sizes.key_width)
                + 2 * self.attention.product_flops(&sizes, sizes.value_width),
        })
    }

    fn attributes(&self) -> String {
        self.attention.attributes()
    }

    fn cases() -> Vec<Case> {
        made_up_cases(|name, attention, types, n_samples| {
            let mut types = types.to_vec();
            types.push(Type::sample([types[0].shape[0], types[2].shape[1]]));
            Case::made_up(name, AttentionGradient { attention }, &types, n_samples).differentiable(false)
        })
    }

    fn rejections() -> Vec<Rejection> {
        let attention = Attention { heads: 1, is_causal: false, has_lengths: false };
        vec![Rejection {
            op: AttentionGradient { attention }.into(),
            inputs: [[2, 4], [3, 4], [3, 5], [2, 4]].map(Type::sample).to_vec(),
            text: "`attention_gradient` needs input 3 of shape [2, 5], received [2, 4]",
        }]
    }
}

/// The made-up cases of the operation and its gradient: (heads, causal, T, S, D, E, lengths, samples).
fn made_up_cases(case: impl Fn(&'static str, Attention, &[Type], usize) -> Case) -> Vec<Case> {
    let build = |name, heads, is_causal, [t, s, d, e]: [usize; 4], lengths: Option<Vec<f64>>, n_samples| {
        let op = Attention { heads, is_causal, has_lengths: lengths.is_some() };
        let mut types = vec![Type::sample([t, heads * d]), Type::sample([s, heads * d]), Type::sample([s, heads * e])];
        if lengths.is_some() {
            types.push(Type::sample([]));
        }
        let case = case(name, op, &types, n_samples);
        match lengths {
            Some(lengths) => case.with_input(3, lengths).constant(3),
            None => case,
        }
    };
    vec![
        build("one query, one key", 1, true, [1, 1, 1, 1], None, 2),
        build("two heads", 2, false, [5, 5, 3, 4], None, 2),
        build("causal", 2, true, [7, 7, 4, 3], None, 9),
        build("cross-attention", 3, false, [2, 6, 2, 5], None, 2),
        build("several groups, causal", 1, true, [53, 53, 2, 1], None, 1),
        build("several groups, more keys", 1, false, [3, 50, 3, 2], None, 1),
        build("padding", 2, false, [3, 5, 2, 2], Some(vec![5., 2., 0., 1.]), 4),
        build("padding and causal", 1, true, [6, 6, 2, 3], Some(vec![3.5, -1., 9.]), 3),
    ]
}
