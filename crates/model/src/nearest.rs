/// The name most likely meant by `written`: the first one of the smallest edit distance, if at most a third of the longer
/// name has to change.
pub(crate) fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        let edits = strsim::damerau_levenshtein(written, name);
        let is_slip = edits <= written.chars().count().max(name.chars().count()) / 3;
        if is_slip && best.is_none_or(|(least, _)| edits < least) {
            best = Some((edits, name));
        }
    }
    best.map(|(_, name)| name)
}
