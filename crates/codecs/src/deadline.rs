//! When decoding must be done, and a reader that stops a decoder that is not.
//!
//! No decoder of the formats takes a deadline. Those that read their file through a reader are stopped where they next ask for bytes
//! ([`Timed`] hands out few at a time); those that are called frame by frame, tile by tile or row by row, between two calls. What
//! a decoder does with bytes that it has is bounded by the other [limits](Limits), and by nothing else: a picture that took too long is
//! refused when it is done.

use std::{
    io::{BufRead, Error, ErrorKind, Read, Result, Seek, SeekFrom},
    time::{Duration, Instant},
};

use crate::{Bound, CodecError, Limits};

/// A moment, and how long before it decoding began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    allowed: Duration,
}

impl Deadline {
    /// [`Limits::decode_time`] from now.
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { started: Instant::now(), allowed: limits.decode_time }
    }

    /// [`Bound::DecodeTime`] once it has passed.
    pub(crate) fn check(&self) -> std::result::Result<(), CodecError> {
        let taken = self.started.elapsed();
        if taken <= self.allowed {
            return Ok(());
        }
        Err(too_long(taken, self.allowed))
    }

    fn has_passed(&self) -> bool {
        self.check().is_err()
    }
}

pub(crate) fn too_long(taken: Duration, allowed: Duration) -> CodecError {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    CodecError::TooLarge { what: Bound::DecodeTime, value: ms(taken).max(ms(allowed) + 1), limit: ms(allowed) }
}

/// Bytes that are handed out at once: less than a millisecond's work for every decoder.
const PIECE: usize = 16 << 10;

/// A file that nothing more can be read of after a deadline.
#[derive(Debug)]
pub(crate) struct Timed<'a> {
    bytes: &'a [u8],
    at: usize,
    deadline: Deadline,
    /// Bytes until the clock is looked at again.
    unlooked: usize,
}

impl<'a> Timed<'a> {
    pub(crate) fn new(bytes: &'a [u8], deadline: Deadline) -> Self {
        Self { bytes, at: 0, deadline, unlooked: PIECE }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let piece = self.fill_buf()?;
        let length = piece.len().min(into.len());
        into[..length].copy_from_slice(&piece[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Timed<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.unlooked == 0 {
            if self.deadline.has_passed() {
                return Err(Error::new(ErrorKind::TimedOut, "the time for decoding is over"));
            }
            self.unlooked = PIECE;
        }
        let rest = self.rest();
        Ok(&rest[..rest.len().min(self.unlooked)])
    }

    fn consume(&mut self, length: usize) {
        self.at += length;
        self.unlooked = self.unlooked.saturating_sub(length);
    }
}

impl Seek for Timed<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        // Whoever jumps about reads little between.
        self.unlooked = self.unlooked.saturating_sub(64);
        let at = match to {
            SeekFrom::Start(at) => i128::from(at),
            SeekFrom::Current(by) => self.at as i128 + i128::from(by),
            SeekFrom::End(by) => self.bytes.len() as i128 + i128::from(by),
        };
        self.at = usize::try_from(at).map_err(|error| Error::new(ErrorKind::InvalidInput, error))?;
        Ok(self.at as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(bytes: &[u8], allowed: Duration) -> Timed<'_> {
        Timed::new(bytes, Deadline { started: Instant::now(), allowed })
    }

    #[test]
    fn it_reads_as_a_cursor_does() {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
        let (mut ours, mut theirs) = (timed(&bytes, Duration::MAX), std::io::Cursor::new(&bytes));
        for to in [SeekFrom::Start(7), SeekFrom::Current(40_000), SeekFrom::End(-9_000), SeekFrom::Start(200_000)] {
            assert_eq!(ours.seek(to).unwrap(), theirs.seek(to).unwrap());
            let (mut a, mut b) = (vec![0; 30_000], vec![0; 30_000]);
            assert_eq!(ours.read_exact(&mut a).is_ok(), theirs.read_exact(&mut b).is_ok());
            assert_eq!(ours.seek(SeekFrom::Start(7)).unwrap(), theirs.seek(SeekFrom::Start(7)).unwrap());
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        assert_eq!(ours.read_to_end(&mut a).unwrap(), theirs.read_to_end(&mut b).unwrap());
        assert_eq!(a, b);
        assert!(ours.seek(SeekFrom::Current(-200_000)).is_err());
    }

    #[test]
    fn nothing_is_read_after_the_deadline() {
        let bytes = vec![0; 3 * PIECE];
        let error = timed(&bytes, Duration::ZERO).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(timed(&bytes, Duration::MAX).read_to_end(&mut Vec::new()).is_ok());
    }

    #[test]
    fn the_clock_is_looked_at_again_and_again_and_by_who_only_jumps() {
        let bytes = vec![0; 3 * PIECE];
        let mut file = timed(&bytes, Duration::MAX);
        file.read_exact(&mut vec![0; PIECE + 1]).unwrap();
        file.deadline.allowed = Duration::ZERO;
        assert!(file.read_to_end(&mut Vec::new()).is_err());
        let mut file = timed(&bytes, Duration::ZERO);
        let read = (0..PIECE).take_while(|_| file.seek(SeekFrom::Start(0)).is_ok() && file.read(&mut [0]).is_ok());
        assert!(read.count() < PIECE / 32, "jumping is work too");
    }

    #[test]
    fn what_took_too_long_took_longer_than_is_allowed() {
        let error = too_long(Duration::from_micros(7_900), Duration::from_micros(7_100));
        assert_eq!(error, CodecError::TooLarge { what: Bound::DecodeTime, value: 8, limit: 7 });
    }
}
