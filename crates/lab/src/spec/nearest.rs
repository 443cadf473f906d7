//! The name that somebody most likely meant.

/// Names longer than this, in bytes, are nobody's typing slip; comparing them would cost the product of the lengths.
const MAX_NAME: usize = 64;

/// Of `names`, the one nearest to what was written, if it is near enough to be a slip: at most one edit in three
/// characters (an edit inserts, deletes, replaces or swaps), or a common beginning that Jaro and Winkler would trust.
/// Of equally near names the first wins.
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if written.is_empty() || written.len() > MAX_NAME {
        return None;
    }
    let folded = written.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for name in names.into_iter().filter(|name| name.len() <= MAX_NAME) {
        let edits = strsim::damerau_levenshtein(&folded, &name.to_lowercase());
        let is_slip = edits <= written.chars().count().max(name.chars().count()) / 3;
        let is_alike = strsim::jaro_winkler(&folded, name) >= 0.88;
        if (is_slip || is_alike) && best.is_none_or(|(least, _)| edits < least) {
            best = Some((edits, name));
        }
    }
    best.map(|(_, name)| name)
}
