//! Aligned memory. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use crate::executor::RunError;
use crate::plan::ALIGNMENT;

/// Bytes from which a buffer starts on a page of its own.
const LARGE: usize = 2 << 20;

/// Bytes of a page.
const PAGE: usize = 4096;

/// A block of zeroed, aligned bytes that is never resized.
///
/// Our own allocation, since page faults on large buffers cost twice the arithmetic when every step maps them anew.
#[derive(Debug)]
pub struct Buffer {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a `Buffer` owns its bytes, like a `Vec<u8>`.
unsafe impl Send for Buffer {}
// SAFETY: `&Buffer` only reads, except through the pointer of `start`: who writes through that answers for it (`Call::new`).
unsafe impl Sync for Buffer {}

impl Buffer {
    /// A block of this many bytes, rounded up to a whole number of cache lines.
    ///
    /// # Errors
    /// [`RunError::Allocation`] if the system has no such block.
    pub fn zeroed(bytes: usize) -> Result<Self, RunError> {
        if bytes == 0 {
            return Ok(Buffer { start: NonNull::<Line>::dangling().cast(), bytes });
        }
        let refused = RunError::Allocation { bytes };
        let Some(layout) = bytes.checked_next_multiple_of(ALIGNMENT).and_then(Self::layout) else {
            return Err(refused);
        };
        // SAFETY: the layout has a size above zero.
        let start = unsafe { alloc_zeroed(layout) };
        Ok(Buffer { start: NonNull::new(start).ok_or(refused)?, bytes: layout.size() })
    }

    /// The layout of a block; `None` beyond half the address space.
    fn layout(bytes: usize) -> Option<Layout> {
        Layout::from_size_align(bytes, if bytes >= LARGE { PAGE } else { ALIGNMENT }).ok()
    }

    /// Number of bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The block as f32.
    pub fn f32(&self) -> &[f32] {
        // SAFETY: the bytes are ours, initialised (zeroed), aligned to 64 and live as long as `self`; any bits are an f32.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.bytes / 4) }
    }

    /// The block as f32, to be written.
    pub fn f32_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `f32`, and `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().cast(), self.bytes / 4) }
    }

    /// The first byte. Writing through it is for who can show that nobody else reads or writes there.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

/// Where there is no room for a copy the program ends, as with a `Vec`.
impl Clone for Buffer {
    fn clone(&self) -> Self {
        let copy = Buffer::zeroed(self.bytes);
        let mut copy = copy.unwrap_or_else(|_| handle_alloc_error(Layout::for_value(self.f32())));
        copy.f32_mut().copy_from_slice(self.f32());
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes > 0 {
            let layout = Self::layout(self.bytes).expect("the layout of the allocation");
            // SAFETY: allocated in `zeroed` with this layout.
            unsafe { dealloc(self.start.as_ptr(), layout) }
        }
    }
}

/// Gives the dangling pointer of an empty buffer its alignment.
#[repr(align(64))]
struct Line;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_no_system_has_is_an_error() {
        for bytes in [usize::MAX, usize::MAX / 2, isize::MAX as usize - 10_000] {
            assert!(matches!(Buffer::zeroed(bytes), Err(RunError::Allocation { bytes: refused }) if refused == bytes));
        }
    }

    #[test]
    fn blocks_are_zeros_on_cache_lines() {
        for bytes in [0, 1, 64, 100, LARGE] {
            let block = Buffer::zeroed(bytes).unwrap();
            assert_eq!(block.bytes(), bytes.next_multiple_of(ALIGNMENT));
            assert_eq!(block.start() as usize % ALIGNMENT, 0);
            assert!(block.f32().iter().all(|value| value.to_bits() == 0));
        }
    }
}
