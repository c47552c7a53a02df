//! The program's allocator: mimalloc.
//!
//! Nearly all that is allocated is aligned as any word is, which mimalloc's plain functions see to. Those that take an
//! alignment check it first, and look at each free block: that is a tenth of what a call costs in allocations.
#![expect(
    unsafe_code,
    reason = "an allocator hands out pointers, and its bindings are functions of C"
)]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys::{
    mi_free, mi_malloc, mi_malloc_aligned, mi_realloc, mi_realloc_aligned, mi_zalloc,
    mi_zalloc_aligned,
};

/// What every block of mimalloc's is aligned to, in bytes.
const WORD: usize = align_of::<usize>();

/// mimalloc, as the allocator of a program.
#[derive(Clone, Copy, Debug)]
pub struct Allocator;

// SAFETY: each function gives what its counterpart in mimalloc gives: a block of so many bytes that is nobody else's, or
// null. Blocks of its plain functions are aligned to a word; where more is asked for, that is passed on. `mi_free` and
// both kinds of `mi_realloc` take blocks of either kind.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size may be asked for, and every alignment of a layout is a power of two.
        unsafe {
            match layout.align() <= WORD {
                true => mi_malloc(layout.size()),
                false => mi_malloc_aligned(layout.size(), layout.align()),
            }
        }
        .cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            match layout.align() <= WORD {
                true => mi_zalloc(layout.size()),
                false => mi_zalloc_aligned(layout.size(), layout.align()),
            }
        }
        .cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: whoever calls this says that the block came from here and is not used any more.
        unsafe { mi_free(block.cast()) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: whoever calls this says that the block came from here, with this layout.
        unsafe {
            match layout.align() <= WORD {
                true => mi_realloc(block.cast(), new_size),
                false => mi_realloc_aligned(block.cast(), new_size, layout.align()),
            }
        }
        .cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills a block, and says whether it is aligned and holds what was written.
    fn is_sound(block: *mut u8, layout: Layout) -> bool {
        assert!(!block.is_null());
        // SAFETY: the block has so many bytes, and nobody else has it.
        unsafe { block.write_bytes(7, layout.size()) };
        block.addr().is_multiple_of(layout.align())
    }

    #[test]
    fn blocks_are_aligned_zeroed_where_asked_for_and_keep_what_they_hold() {
        for align in [1, 2, 4, 8, 16, 64, 4096] {
            for size in [1, 3, 8, 24, 40, 100, 1000, 70_000] {
                let layout = Layout::from_size_align(size, align).expect("a layout");
                // SAFETY: each block is used within its size and before it is given back, with the layout that it has.
                unsafe {
                    let zeroed = Allocator.alloc_zeroed(layout);
                    assert!((0..size).all(|at| zeroed.add(at).read() == 0));
                    assert!(is_sound(zeroed, layout));
                    Allocator.dealloc(zeroed, layout);
                    let block = Allocator.alloc(layout);
                    assert!(is_sound(block, layout));
                    let block = Allocator.realloc(block, layout, size * 3);
                    assert!((0..size).all(|at| block.add(at).read() == 7));
                    let larger = Layout::from_size_align(size * 3, align).expect("a layout");
                    assert!(is_sound(block, larger));
                    Allocator.dealloc(block, larger);
                }
            }
        }
    }
}
