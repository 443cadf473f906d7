use proofmark_engine::Feed;

/// Inputs of a training graph at most: seven, four scalars of an optimizer and one of an average.
const MAX_FEEDS: usize = 12;

/// What a step reads, in the order of the graph's inputs, without memory from the heap.
pub(super) struct Feeds<'a> {
    feeds: [Feed<'a>; MAX_FEEDS],
    n: usize,
}

impl Default for Feeds<'_> {
    fn default() -> Self {
        Feeds { feeds: [Feed::F32(&[]); MAX_FEEDS], n: 0 }
    }
}

impl<'a> Feeds<'a> {
    pub(super) fn push(&mut self, feed: Feed<'a>) {
        self.feeds[self.n] = feed;
        self.n += 1;
    }

    pub(super) fn as_slice(&self) -> &[Feed<'a>] {
        &self.feeds[..self.n]
    }
}
