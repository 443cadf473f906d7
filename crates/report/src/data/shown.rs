//! What a row looks like: an image, or a series as lines.

use super::Thumbnail;
use serde::{Deserialize, Serialize};

/// A row for people to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// An image.
    Image(Thumbnail),
    /// A series.
    Series(SeriesPlot),
}

/// More steps than this are not told apart at the plot's size; of longer series some steps are left out, evenly.
const MAX_STEPS: usize = 96;

/// More lines than this cover each other; the first channels are drawn.
const MAX_CHANNELS: usize = 12;

/// The height of the greatest value.
pub(crate) const TOP: u16 = 1000;

/// A small plot of a series: a line for each channel, all on one scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPlot {
    /// Steps of the series.
    pub steps: usize,
    /// The heights of each channel's line, 0 for the smallest value of the plot, 1000 for the greatest.
    pub channels: Vec<Vec<u16>>,
}

impl SeriesPlot {
    /// The plot of numbers that stand step after step, channels last. What is not finite stands at the bottom.
    pub fn new(numbers: &[f32], channels: usize) -> SeriesPlot {
        let channels = channels.max(1);
        let steps = numbers.len() / channels;
        let stride = steps.div_ceil(MAX_STEPS).max(1);
        let finite = || numbers.iter().copied().filter(|number| number.is_finite());
        let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let height = |number: f32| match high > low && number.is_finite() {
            true => (f64::from(number - low) / f64::from(high - low) * f64::from(TOP)).round() as u16,
            false => 0,
        };
        let line =
            |channel: usize| (0..steps).step_by(stride).map(move |step| height(numbers[step * channels + channel]));
        SeriesPlot { steps, channels: (0..channels.min(MAX_CHANNELS)).map(|channel| line(channel).collect()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_channels_stand_on_one_scale_and_long_series_are_thinned() {
        let plot = SeriesPlot::new(&[0.0, 4.0, 1.0, 2.0], 2);
        assert_eq!((plot.steps, plot.channels), (2, vec![vec![0, 250], vec![1000, 500]]));
        let long: Vec<f32> = (0..1000).map(|step| step as f32).collect();
        let plot = SeriesPlot::new(&long, 1);
        assert_eq!((plot.steps, plot.channels[0].len()), (1000, 91));
        assert_eq!(SeriesPlot::new(&[3.0, 3.0], 1).channels, [[0, 0]]);
        assert_eq!(SeriesPlot::new(&[f32::NAN, 1.0, f32::INFINITY, 2.0], 1).channels, [[0, 0, 0, 1000]]);
        assert!(SeriesPlot::new(&[], 3).channels.iter().all(Vec::is_empty));
    }
}
