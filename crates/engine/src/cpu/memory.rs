//! Aligned memory. One of the files that may hold `unsafe` (see ARCHITECTURE.md).
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Bytes on which every buffer starts: a cache line, and one AVX-512 vector.
pub const ALIGNMENT: usize = 64;

/// Bytes from which a buffer is aligned to, and asks for, huge pages.
const HUGE_PAGE: usize = 2 << 20;

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
// SAFETY: shared access only reads.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// A block of this many bytes, rounded up to a whole number of cache lines.
    pub fn zeroed(bytes: usize) -> Self {
        let bytes = bytes.next_multiple_of(ALIGNMENT);
        if bytes == 0 {
            return Buffer { start: NonNull::<Line>::dangling().cast(), bytes };
        }
        let layout = Self::layout(bytes);
        // SAFETY: the layout has a size above zero.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        Buffer { start, bytes }
    }

    fn layout(bytes: usize) -> Layout {
        let alignment = if bytes >= HUGE_PAGE { 4096 } else { ALIGNMENT };
        Layout::from_size_align(bytes, alignment).expect("a buffer is smaller than half the address space")
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

    /// The first byte.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Buffer::zeroed(self.bytes);
        copy.f32_mut().copy_from_slice(self.f32());
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: allocated in `zeroed` with this layout.
            unsafe { dealloc(self.start.as_ptr(), Self::layout(self.bytes)) }
        }
    }
}

/// Gives the dangling pointer of an empty buffer its alignment.
#[repr(align(64))]
struct Line;
