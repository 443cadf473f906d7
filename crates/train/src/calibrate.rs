//! Rounds the weights of a trained model to 8 bits: measures, on training samples, the range of what each layer reads.

use proofmark_data::PreparedSet;
use proofmark_engine::cpu::CpuExecutor;
use proofmark_engine::ops::{Affine, QuantizedWeights};
use proofmark_engine::quantize::QuantizedLayer;
use proofmark_engine::{Feed, Session, StateBlock, Step};
use proofmark_model::{CheckedModel, Quantization};

use crate::predict::PredictError;

/// Samples of one step: their activations are all kept.
const BATCH: usize = 32;
/// Cells of a histogram. A range that ends at a cell's edge is at most a 8,192nd of the whole too wide: a 32nd of a step of 8 bits.
const CELLS: usize = 8192;

/// How the range of what a layer reads follows from what was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CalibrationMethod {
    /// From the smallest to the largest number.
    Max,
    /// Without the tails: of all numbers at most a share of 1 - p / 100 lies below the range, and as many above it. Rare large numbers
    /// are cut so that the others are told apart better.
    Percentile(f64),
}

/// Positions of `n` samples, evenly over a set of `len`; all of them if there are no more.
pub fn calibration_rows(len: usize, n: usize) -> Vec<u32> {
    let n = n.min(len);
    (0..n).map(|idx| (idx as u64 * len as u64 / n as u64) as u32).collect()
}

/// The layers of a model that can have weights of 8 bits, with ranges from these samples of a set (not augmented). Empty if no layer can.
/// Counts and extremes are the same in any order, hence so is the result.
///
/// # Errors
/// A step that cannot run; an activation that is NaN or infinite.
pub fn calibrate(
    model: &CheckedModel,
    state: &StateBlock,
    executor: CpuExecutor,
    set: &PreparedSet,
    rows: &[u32],
    method: CalibrationMethod,
) -> Result<Quantization, PredictError> {
    let calibration = model.calibration_graph()?;
    let mut state = state.clone();
    let mut session = executor.session(&calibration.graph, &state, BATCH)?;
    let mut batch = vec![0.0; BATCH * model.input_shape().elements()];
    // Tells what every layer reads, chunk after chunk.
    let mut walk = |see: &mut dyn FnMut(usize, &[f32])| -> Result<(), PredictError> {
        for (idx, rows) in rows.chunks(BATCH).enumerate() {
            let batch = &mut batch[..rows.len() * model.input_shape().elements()];
            set.gather(rows, batch);
            let ids: Vec<u64> = rows.iter().map(|row| set.ids()[*row as usize]).collect();
            session.run(&mut state, &Step { ids: &ids, index: 0, seed: 0 }, &[Feed::F32(batch)])?;
            for (site, (_, output)) in calibration.sites.iter().enumerate() {
                let seen = session.output(*output);
                if let Some(at) = seen.iter().position(|number| !number.is_finite()) {
                    let sample = idx * BATCH + at / (seen.len() / rows.len());
                    return Err(PredictError::NotFinite { sample, value: seen[at] });
                }
                see(site, seen);
            }
        }
        Ok(())
    };
    let mut ranges = vec![(f32::INFINITY, f32::NEG_INFINITY); calibration.sites.len()];
    walk(&mut |site, seen| {
        let (low, high) = &mut ranges[site];
        for number in seen {
            (*low, *high) = (low.min(*number), high.max(*number));
        }
    })?;
    if let CalibrationMethod::Percentile(percentile) = method {
        let mut histograms: Vec<Histogram> = ranges.iter().map(|range| Histogram::new(*range)).collect();
        walk(&mut |site, seen| seen.iter().for_each(|number| histograms[site].add(*number)))?;
        ranges = histograms.iter().map(|histogram| histogram.range(percentile)).collect();
    }
    let layers = calibration.sites.into_iter().zip(ranges).filter_map(|((name, _), (low, high))| {
        let weights = QuantizedWeights::of(&state.entry(&name)?.shape, state.get(&name)?);
        Some((name, QuantizedLayer { input: Affine::of_range(low, high), weights }))
    });
    Ok(Quantization { layers: layers.collect() })
}

/// How often numbers between two ends were seen.
struct Histogram {
    low: f64,
    width: f64,
    cells: Vec<u64>,
}

impl Histogram {
    fn new((low, high): (f32, f32)) -> Histogram {
        let (low, high) = (f64::from(low), f64::from(high));
        Histogram { low, width: high - low, cells: vec![0; CELLS] }
    }

    fn add(&mut self, number: f32) {
        // 0 where all numbers are the same.
        let cell = (f64::from(number) - self.low) / self.width * CELLS as f64;
        self.cells[(cell as usize).min(CELLS - 1)] += 1;
    }

    /// The edges of the cells between the tails.
    fn range(&self, percentile: f64) -> (f32, f32) {
        let total: u64 = self.cells.iter().sum();
        let tail = ((1.0 - percentile / 100.0) * total as f64) as u64;
        let beyond = |cells: &mut dyn Iterator<Item = &u64>| {
            let mut seen = 0;
            let is_cut = |count: &&u64| {
                seen += **count;
                seen <= tail
            };
            cells.take_while(is_cut).count()
        };
        let (below, above) = (beyond(&mut self.cells.iter()), beyond(&mut self.cells.iter().rev()));
        let edge = |cell: usize| (self.low + self.width * cell as f64 / CELLS as f64) as f32;
        // Where the tails are nearly everything, they may meet; a range is still one.
        let (below, above) = (below.min(CELLS), CELLS - above.min(CELLS));
        (edge(below.min(above)), edge(above.max(below)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_evenly() {
        assert_eq!(calibration_rows(10, 4), [0, 2, 5, 7]);
        assert_eq!(calibration_rows(3, 9), [0, 1, 2]);
        assert!(calibration_rows(0, 9).is_empty() && calibration_rows(9, 0).is_empty());
    }

    #[test]
    fn tails_are_cut_at_both_ends() {
        let mut histogram = Histogram::new((-4.0, 4.0));
        (0..998).for_each(|idx| histogram.add(idx as f32 / 998.0 - 0.5));
        [-4.0, 4.0].into_iter().for_each(|number| histogram.add(number));
        assert_eq!(histogram.range(100.0), (-4.0, 4.0));
        // Five at each end: the far one, and four of the others.
        let (low, high) = histogram.range(99.5);
        assert!((-0.5..-0.49).contains(&low) && (0.49..0.5).contains(&high), "{low} to {high}");
        let (low, high) = histogram.range(0.0);
        assert!(low <= high, "{low} to {high}");
        let mut constant = Histogram::new((2.0, 2.0));
        (0..9).for_each(|_| constant.add(2.0));
        assert_eq!(constant.range(99.0), (2.0, 2.0));
    }
}
