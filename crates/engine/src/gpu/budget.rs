//! Admission by bytes: jobs in flight together use no more device memory than allowed.

use std::{sync::Arc, time::Instant};

use parking_lot::{Condvar, Mutex};

use super::GpuError;

/// Device memory that jobs may use together.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// Bytes held by one job, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: Mutex::new(0), freed: Condvar::new() }
    }

    /// Waits until `bytes` are free, or there is no more time. More than the limit never will be, and is refused at once.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64, until: Option<Instant>) -> Result<Reservation, GpuError> {
        if bytes > self.limit {
            return Err(GpuError::TooLarge { needed: bytes, limit: self.limit });
        }
        let mut used = self.used.lock();
        let is_full = |used: &mut u64| *used + bytes > self.limit;
        match until {
            None => self.freed.wait_while(&mut used, is_full),
            Some(until) => {
                if self.freed.wait_while_until(&mut used, is_full, until).timed_out() && is_full(&mut used) {
                    return Err(GpuError::Late);
                }
            }
        }
        *used += bytes;
        Ok(Reservation { budget: self.clone(), bytes })
    }

    /// Bytes that are held, and how many may be.
    pub(super) fn now(&self) -> (u64, u64) {
        (*self.used.lock(), self.limit)
    }
}

impl Reservation {
    /// How many bytes are held.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        *self.budget.used.lock() -= self.bytes;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn more_than_the_limit_is_refused_and_less_waits() {
        let budget = Arc::new(Budget::new(100));
        assert!(budget.reserve(101, None).is_err());
        let first = budget.reserve(80, None).expect("fits");
        let other = budget.clone();
        let waiting = thread::spawn(move || other.reserve(30, None).map(|_| ()));
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        let asked = Instant::now();
        let soon = asked + Duration::from_millis(30);
        assert!(matches!(budget.reserve(30, Some(soon)), Err(GpuError::Late)));
        assert!(asked.elapsed() >= Duration::from_millis(30));
        assert_eq!(budget.now(), (80, 100));
        drop(first);
        waiting.join().expect("no panic").expect("fits now");
        assert_eq!(*budget.used.lock(), 0);
    }
}
