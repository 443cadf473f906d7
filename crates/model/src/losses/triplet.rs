use proofmark_engine::{Graph, Value, ops};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LossDefinition, LossSite, LossTarget};
use crate::error::ModelErrorKind;
use crate::ranges::{POSITIVE, Ranges};

/// For embeddings: samples of a class are to be nearer to each other than to samples of other classes, by a margin. Of each sample
/// `max(0, margin + d(a, p) - d(a, n))`, d being Euclidean distance, p the farthest sample of its class in the batch and n the nearest of
/// another ("batch hard"); 0 where the batch lacks one of the two.
///
/// The model ends in a row of numbers, as many as one likes, usually behind `unit_norm`. Samples of a batch are compared with each
/// other, so that its value depends on the batch: with few samples of a class in each it has nothing to compare. All triplets of a batch
/// would be mostly easy ones that are met and teach nothing; the hardest of each anchor are what remains to be learnt, and there is
/// one a sample, so that a batch's loss is the mean over its samples like any other.
///
/// *Source*: Schroff, Kalenichenko, Philbin 2015 (*FaceNet*); Hermans, Beyer, Leibe 2017 (*In defense of the triplet loss for person
/// re-identification*), equation 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Triplet {
    /// By how much samples of other classes are to be farther, above 0. Of rows of length 1, distances are at most 2. Default 0.2.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub margin: f64,
}

impl Default for Triplet {
    fn default() -> Self {
        Triplet { margin: 0.2 }
    }
}

impl LossDefinition for Triplet {
    fn check(&self, ranges: &mut Ranges) {
        ranges.number("margin", self.margin, POSITIVE);
    }

    fn target(&self) -> LossTarget {
        LossTarget::Embedding
    }

    fn build(&self, graph: &mut Graph, site: &LossSite) -> Result<Value, ModelErrorKind> {
        let op = ops::TripletLoss { margin: self.margin as f32 };
        Ok(graph.add(op, &[site.predictions, site.target])?)
    }
}
