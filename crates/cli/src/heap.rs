//! Freed memory goes back to the system.
//!
//! glibc keeps what is freed for the thread that had it, in an arena of its own, and returns only what lies at an arena's end. A
//! burst of large pictures, or a lost device (its driver compiles every kernel anew, on new threads), would thus leave the process
//! larger for good. Other allocators were measured and are not better (benches/results/allocator-2026-11-22.md); other C libraries
//! have nothing to trim, so this is there with glibc alone.

#![allow(unsafe_code, reason = "malloc_trim is C; the call states what it relies on")]

use std::{
    io, thread,
    time::{Duration, Instant},
};

/// Between two looks. A look takes milliseconds, and what is used again afterwards has to be mapped again.
const PAUSE: Duration = Duration::from_secs(60);

/// Gives free pages of all arenas back, again and again, on a thread of its own.
///
/// # Errors
/// When the system has no thread left.
pub(crate) fn trim_regularly() -> io::Result<()> {
    let regularly = || loop {
        thread::sleep(PAUSE);
        let began = Instant::now();
        let is_less = trim();
        tracing::debug!(is_less, us = began.elapsed().as_micros() as u64, "trimmed the heap");
    };
    thread::Builder::new().name("tintype-trim".to_owned()).spawn(regularly).map(drop)
}

/// Whether anything was given back.
fn trim() -> bool {
    // SAFETY: malloc_trim may be called at any time on any thread: it takes each arena's lock, and returns pages in which no
    // allocation lies. The argument is the slack to leave at the end of the first; any number will do.
    unsafe { libc::malloc_trim(0) == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_thread_freed_goes_back() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
        };
        // Pieces that are not mapped for themselves. The last, which is kept, holds the arena's end where it is.
        let last = thread::spawn(|| (0..4000).map(|_| vec![1u8; 16 << 10]).collect::<Vec<_>>().pop());
        let _last = last.join().unwrap();
        let before = resident();
        assert!(trim());
        let after = resident();
        assert!(after + 30 < before, "{before} MB before, {after} after");
    }
}
