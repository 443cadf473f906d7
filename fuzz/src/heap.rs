use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// What `read` gives, and the most bytes of heap that it held at once on top of those that were held before.
///
/// The whole process is counted: nothing else may allocate meanwhile.
pub fn heap_of<T>(read: impl FnOnce() -> T) -> (T, usize) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let result = read();
    (result, HEAP.peak_usage().saturating_sub(before))
}

/// As [`heap_of`], and holds `read` to a bound in bytes.
pub(crate) fn bounded<T>(limit_bytes: usize, read: impl FnOnce() -> T) -> T {
    let (result, bytes) = heap_of(read);
    assert!(bytes <= limit_bytes, "held {bytes} bytes of heap, {limit_bytes} were to be enough");
    result
}
