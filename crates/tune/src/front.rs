//! Several goals at once: domination, fronts, hypervolume. Everything here is in losses: less is better.

use std::cmp::Ordering;

/// Whether `a` is nowhere worse than `b` and somewhere better.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    let mut is_better = false;
    for (a, b) in a.iter().zip(b) {
        match a.total_cmp(b) {
            Ordering::Greater => return false,
            Ordering::Less => is_better = true,
            Ordering::Equal => {}
        }
    }
    is_better
}

/// The front to which each point belongs: 0 for those that no other dominates, 1 for those that only points of front 0 dominate,
/// and so on (Deb et al. 2002, *NSGA-II*, section III A).
pub fn front_ranks(losses: &[Vec<f64>]) -> Vec<usize> {
    let mut ranks = vec![usize::MAX; losses.len()];
    let mut left: Vec<usize> = (0..losses.len()).collect();
    let mut rank = 0;
    while !left.is_empty() {
        let is_dominated = |idx: usize| left.iter().any(|other| dominates(&losses[*other], &losses[idx]));
        let (front, rest): (Vec<usize>, Vec<usize>) = left.iter().partition(|idx| !is_dominated(**idx));
        for idx in front {
            ranks[idx] = rank;
        }
        left = rest;
        rank += 1;
    }
    ranks
}

/// The volume that `losses` dominate below `reference`: the larger, the better the front. Points that are not below the reference
/// in every goal count nothing. By slices along the last goal (While et al. 2006, *HSO*): meant for up to four goals.
pub fn hypervolume(losses: &[Vec<f64>], reference: &[f64]) -> f64 {
    let inside = |point: &&Vec<f64>| point.iter().zip(reference).all(|(value, end)| value < end);
    let points: Vec<&[f64]> = losses.iter().filter(inside).map(Vec::as_slice).collect();
    volume(points, reference)
}

fn volume(mut points: Vec<&[f64]>, reference: &[f64]) -> f64 {
    let Some((end, reference)) = reference.split_last() else { return 0.0 };
    let last = reference.len();
    if last == 0 {
        return points.iter().map(|point| end - point[0]).fold(0.0, f64::max);
    }
    points.sort_by(|a, b| a[last].total_cmp(&b[last]));
    let mut total = 0.0;
    for idx in 0..points.len() {
        let next = points.get(idx + 1).map_or(*end, |point| point[last]);
        let height = next - points[idx][last];
        if height > 0.0 {
            total += height * volume(points[..=idx].to_vec(), reference);
        }
    }
    total
}

/// How many points of a front are put in order; the others follow as they came. As many as TPE calls good at most: every further
/// one costs as many hypervolumes as the front has points.
const MAX_ORDERED: usize = 25;

/// Indices from best to worst: by front, within a front by how much hypervolume each adds to those chosen before it (greedily, as
/// Ozaki et al. 2020 choose in MOTPE), and with one goal simply by value. Ties keep the order.
pub(crate) fn ranking(losses: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    if losses.first().is_none_or(|first| first.len() == 1) {
        order.sort_by(|a, b| losses[*a][0].total_cmp(&losses[*b][0]));
        return order;
    }
    let ranks = front_ranks(losses);
    order.sort_by_key(|idx| ranks[*idx]);
    let fronts: Vec<Vec<usize>> = order.chunk_by(|a, b| ranks[*a] == ranks[*b]).map(<[usize]>::to_vec).collect();
    fronts.into_iter().flat_map(|front| by_contribution(front, losses)).collect()
}

fn by_contribution(mut front: Vec<usize>, losses: &[Vec<f64>]) -> Vec<usize> {
    let n_goals = losses[front[0]].len();
    // A little beyond the worst of the front, so that its ends count too; the tenth is that of Ozaki et al. 2020, section 4.
    let reference: Vec<f64> = (0..n_goals)
        .map(|goal| {
            let worst = front.iter().map(|idx| losses[*idx][goal]).fold(f64::NEG_INFINITY, f64::max);
            let best = front.iter().map(|idx| losses[*idx][goal]).fold(f64::INFINITY, f64::min);
            worst + 0.1 * (worst - best).max(f64::MIN_POSITIVE)
        })
        .collect();
    let mut chosen = Vec::new();
    let mut points: Vec<Vec<f64>> = Vec::new();
    while !front.is_empty() && chosen.len() < MAX_ORDERED {
        let mut best = (0, f64::NEG_INFINITY);
        for (place, idx) in front.iter().enumerate() {
            points.push(losses[*idx].clone());
            let with = hypervolume(&points, &reference);
            points.pop();
            if with > best.1 {
                best = (place, with);
            }
        }
        let idx = front.remove(best.0);
        points.push(losses[idx].clone());
        chosen.push(idx);
    }
    chosen.extend(front);
    chosen
}
