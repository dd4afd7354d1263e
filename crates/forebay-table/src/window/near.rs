//! Asks for memory before it is needed.
//!
//! A read that misses the cache holds up what comes after it: only the few reads that fit into the window of instructions
//! that the core looks ahead go on side by side. A prefetch is done at once, and as many go on as the memory can serve.
#![allow(unsafe_code, reason = "prefetching takes an address")]

/// Asks for the cache line of a word.
#[inline]
pub fn fetch(word: &u64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program could see and never faults, whatever the address; SSE is part
        // of every x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(word).cast()) }
    }
    // Elsewhere it is read, which brings it as well.
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(*word);
}
