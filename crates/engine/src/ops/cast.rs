use proofmark_tensor::{Bf16, DType};

use super::{Case, Cost, GradientSite, Op, Reference, ReferenceContext, Rejection, Tensor64, check};
use crate::error::{GradientError, TypeError};
use crate::graph::{Type, Value};

/// Stores numbers in bfloat16, or makes f32 of them again to compute with; makes f32 of integers.
///
/// *Definition*: [`Bf16::from_f32`], to the nearest, ties to even; [`Bf16::to_f32`], exact; an integer becomes the nearest f32,
/// ties to even, and is exact up to 2²⁴.
///
/// *Shapes*: any, per sample or per step.
///
/// *Gradient*: dy itself, as if nothing had been rounded (straight through). The gradient of a bf16 value is f32. Integers
/// have none.
///
/// *Source*: Micikevicius and others 2018 (*Mixed precision training*), section 3; Kalamkar and others 2019. The gradient: Bengio,
/// Léonard, Courville 2013.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// f32 to bf16: rounds.
    ToBf16,
    /// bf16 to f32: exact.
    ToF32,
    /// i32 to f32: class indices, to compute with.
    FromI32,
}

impl Cast {
    /// From which type to which.
    fn dtypes(self) -> [DType; 2] {
        match self {
            Cast::ToBf16 => [DType::F32, DType::Bf16],
            Cast::ToF32 => [DType::Bf16, DType::F32],
            Cast::FromI32 => [DType::I32, DType::F32],
        }
    }
}

impl Op for Cast {
    const NAME: &'static str = "cast";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, TypeError> {
        let [from, to] = self.dtypes();
        check::arity(Self::NAME, inputs, 1)?;
        check::dtype(Self::NAME, inputs, 0, from)?;
        Ok(vec![inputs[0].clone().with_dtype(to)])
    }

    fn reference(&self, inputs: &[&Tensor64], _context: &ReferenceContext) -> Vec<Reference> {
        let x = &inputs[0].data;
        if *self == Cast::FromI32 {
            let magnitude = x.iter().map(|x| x.abs()).collect();
            return vec![Reference { data: x.clone(), magnitude, terms: 1 }];
        }
        vec![Reference::exact(match self {
            Cast::ToBf16 => x.iter().map(|x| f64::from(Bf16::from_f32(*x as f32).to_f32())).collect(),
            Cast::ToF32 | Cast::FromI32 => x.clone(),
        })]
    }

    fn gradient(&self, site: &mut GradientSite<'_>) -> Result<Vec<Option<Value>>, GradientError> {
        Ok(vec![site.output_gradients[0].filter(|_| site.wanted[0] && *self != Cast::FromI32)])
    }

    fn cost(&self, _inputs: &[&Type], _outputs: &[Type]) -> Cost {
        Cost::default()
    }

    fn attributes(&self) -> String {
        format!("to={}", self.dtypes()[1])
    }

    fn cases() -> Vec<Case> {
        let ties = vec![1.0, 1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0, -1.0 - 3.0 / 256.0, f64::from(f32::MAX), 0.1];
        let rounded = vec![1.0, 1.0, 1.0 + 4.0 / 256.0, -1.0 - 4.0 / 256.0, f64::INFINITY, 205.0 / 2048.0];
        let bf16 = |ty: Type| ty.with_dtype(DType::Bf16);
        let integers = |shape: &[usize]| Type::sample(shape.to_vec()).with_dtype(DType::I32);
        let many: Vec<f64> = (0..21 * 5).map(|i| f64::from(i * 37 % 101 - 50)).collect();
        // The slope of a step is not its gradient here; tests/engine/precision.rs has that.
        let cases = vec![
            Case::new("ties to even", Cast::ToBf16, vec![(Type::sample([6]), ties)]).expect(vec![rounded]),
            Case::made_up("an image", Cast::ToBf16, &[Type::sample([5, 3, 19])], 3),
            Case::made_up("one number", Cast::ToBf16, &[Type::sample([])], 21),
            Case::made_up("a parameter", Cast::ToBf16, &[Type::step([37])], 1),
            Case::new("stays", Cast::ToF32, vec![(bf16(Type::sample([3])), vec![1.0, -0.5, 1.0 + 1.0 / 128.0])])
                .expect(vec![vec![1.0, -0.5, 1.0 + 1.0 / 128.0]]),
            Case::made_up("an image back", Cast::ToF32, &[bf16(Type::sample([5, 3, 19]))], 3),
            Case::made_up("one number back", Cast::ToF32, &[bf16(Type::sample([]))], 21),
            Case::new("integers", Cast::FromI32, vec![(integers(&[4]), vec![-1., 0., 7., 16_777_216.])])
                .expect(vec![vec![-1., 0., 7., 16_777_216.]]),
            Case::new("integers of several shards", Cast::FromI32, vec![(integers(&[5]), many)]).samples(21),
            Case::made_up("a parameter back", Cast::ToF32, &[bf16(Type::step([37]))], 1),
        ];
        cases.into_iter().map(|case| case.differentiable(false)).collect()
    }

    fn rejections() -> Vec<Rejection> {
        let reject = |op: Cast, ty, text| Rejection { op: op.into(), inputs: vec![ty], text };
        vec![
            reject(
                Cast::ToBf16,
                Type::sample([3]).with_dtype(DType::I32),
                "`cast` needs input 0 of type f32, received i32",
            ),
            reject(Cast::FromI32, Type::sample([3]), "`cast` needs input 0 of type i32, received f32"),
            reject(Cast::ToF32, Type::sample([3]), "`cast` needs input 0 of type bf16, received f32"),
        ]
    }
}
