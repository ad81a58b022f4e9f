//! Memory for planes of coefficients, used again.
//!
//! A picture of 12 megapixels has 36 MiB of coefficients. Fresh from the system each of its pages is cleared by the kernel on
//! the first touch, which takes as long as a quarter of the decoding.

use std::{
    collections::VecDeque,
    fmt, mem,
    ops::Deref,
    sync::{Mutex, PoisonError},
};

use crate::Coefficients;

/// Memory that pictures have given back, for those that come.
pub struct Pool {
    /// The oldest first.
    free: Mutex<VecDeque<Vec<i16>>>,
    max_bytes: u64,
}

impl Pool {
    /// One that keeps `max_bytes` at most; none at first, and with 0 never any.
    pub const fn new(max_bytes: u64) -> Self {
        Self { free: Mutex::new(VecDeque::new()), max_bytes }
    }

    /// `coefficients`, to give their memory back when they are dropped.
    pub fn lend(&self, coefficients: Coefficients) -> Pooled<'_> {
        Pooled { coefficients, pool: self }
    }

    /// How much it keeps at the moment.
    pub fn bytes(&self) -> u64 {
        self.with(|free| bytes(free))
    }

    /// An empty plane with room for so many values: the smallest that is large enough, unless it is four times as large as that.
    pub(super) fn take(&self, values: usize) -> Vec<i16> {
        let fits = |plane: &Vec<i16>| (values..values.saturating_mul(4)).contains(&plane.capacity());
        let found = self.with(|free| {
            let best = (0..free.len()).filter(|at| fits(&free[*at])).min_by_key(|at| free[*at].capacity())?;
            free.remove(best)
        });
        found.unwrap_or_else(|| Vec::with_capacity(values))
    }

    /// Keeps `planes`, and gives up the oldest where that is too much.
    fn put(&self, planes: Vec<Vec<i16>>) {
        let given_up: Vec<Vec<i16>> = self.with(|free| {
            free.extend(planes.into_iter().map(|mut plane| {
                plane.clear();
                plane
            }));
            let mut given_up = Vec::new();
            while bytes(free) > self.max_bytes {
                given_up.extend(free.pop_front());
            }
            given_up
        });
        // Outside of the lock.
        drop(given_up);
    }

    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<Vec<i16>>) -> T) -> T {
        // Nothing that is done under the lock leaves the list half changed.
        act(&mut self.free.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("bytes", &self.bytes()).field("max_bytes", &self.max_bytes).finish()
    }
}

fn bytes(free: &VecDeque<Vec<i16>>) -> u64 {
    free.iter().map(|plane| 2 * plane.capacity() as u64).sum()
}

/// Coefficients whose memory goes back to a [`Pool`].
#[derive(Debug)]
pub struct Pooled<'a> {
    coefficients: Coefficients,
    pool: &'a Pool,
}

impl Deref for Pooled<'_> {
    type Target = Coefficients;

    fn deref(&self) -> &Coefficients {
        &self.coefficients
    }
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        self.pool.put(mem::take(&mut self.coefficients.planes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pool: &Pool, values: &[usize]) {
        pool.put(values.iter().map(|values| vec![7; *values]).collect());
    }

    #[test]
    fn the_smallest_that_fits_is_used_again() {
        let pool = Pool::new(1 << 20);
        put(&pool, &[1000, 100, 300]);
        let plane = pool.take(200);
        assert_eq!((plane.len(), plane.capacity()), (0, 300));
        assert_eq!(pool.take(200).capacity(), 200, "what is much too large stays for others");
        assert_eq!(pool.take(300).capacity(), 1000);
        assert_eq!(pool.bytes(), 200);
    }

    #[test]
    fn the_oldest_go_where_there_is_too_much() {
        let pool = Pool::new(1000);
        put(&pool, &[200, 200]);
        put(&pool, &[300]);
        assert_eq!(pool.bytes(), 1000);
        put(&pool, &[100]);
        assert_eq!(pool.bytes(), 800);
        put(&pool, &[501]);
        assert_eq!(pool.bytes(), 0);
    }
}
