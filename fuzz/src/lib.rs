//! What the fuzz targets have in common: how bytes become chunks with times, and how much memory may be taken.

use cagekeeper::time::MonoMs;
use cap::Cap;
use std::alloc::System;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that a decoder or lane and what it says may take at once beyond what was taken before. The largest code is
/// 4 kB and a frame 600 bytes; a hundred answers of one chunk are in it.
pub const BYTES_MAX: usize = 4 << 20;

/// Runs it and panics if it takes more than [`BYTES_MAX`] at any time.
pub fn bounded(run: impl FnOnce()) {
    let before = MEMORY.allocated();
    // What exceeds it aborts the process, which the fuzzer reports.
    MEMORY.set_limit(before + BYTES_MAX).expect("less is allocated than the limit");
    run();
    MEMORY.set_limit(usize::MAX).expect("no limit");
}

/// Cuts bytes into chunks with the time at which each came: a length, a wait of up to a second (its square, so that short
/// waits are common), then the bytes.
pub fn chunks(mut data: &[u8]) -> Vec<(MonoMs, &[u8])> {
    let (mut now, mut chunks) = (MonoMs::default(), Vec::new());
    while let [length, wait, rest @ ..] = data {
        let (chunk, after) = rest.split_at(usize::from(*length).min(rest.len()));
        now = now.plus(u64::from(*wait) * u64::from(*wait) / 64);
        chunks.push((now, chunk));
        data = after;
    }
    chunks
}
