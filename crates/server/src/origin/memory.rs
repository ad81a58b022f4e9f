//! How many bytes of sources the process may hold at once, whatever is fetched and however long it waits.
//!
//! Nobody waits for memory here: requests that each hold a part and wait for the rest would wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::OriginError;

/// The bytes there are.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    used_bytes: Arc<AtomicU64>,
    limit_bytes: u64,
}

/// Bytes that are taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    memory: Memory,
    bytes: u64,
}

impl Memory {
    /// Room for `limit_bytes`.
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { used_bytes: Arc::default(), limit_bytes }
    }

    /// Nothing yet, to be grown.
    pub(crate) fn hold(&self) -> Held {
        Held { memory: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Takes `bytes` more, or says that there is no room now.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), OriginError> {
        let Memory { used_bytes, limit_bytes } = &self.memory;
        let more = |used: u64| used.checked_add(bytes).filter(|used| used <= limit_bytes);
        used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_used| OriginError::NoMemory)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_not_there_for_others() {
        let memory = Memory::new(10);
        let (mut one, mut other) = (memory.hold(), memory.hold());
        one.grow(4).unwrap();
        one.grow(3).unwrap();
        assert_eq!(other.grow(4), Err(OriginError::NoMemory));
        other.grow(3).unwrap();
        assert_eq!(one.grow(u64::MAX), Err(OriginError::NoMemory));
        drop(one);
        other.grow(7).unwrap();
    }
}
