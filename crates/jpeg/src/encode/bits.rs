//! Bits to bytes, with a zero after each byte of ones.

/// Appends bits to a file, the first in the highest place.
#[derive(Debug)]
pub(super) struct BitWriter {
    out: Vec<u8>,
    /// The lowest `waiting` bits are not written yet; those above are old.
    buffer: u64,
    /// Below 32.
    waiting: u32,
    /// Number of the next restart marker.
    marker: u8,
}

impl BitWriter {
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, buffer: 0, waiting: 0, marker: 0 }
    }

    /// Appends the lowest `count` bits, at most 32. Those above must be zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.buffer = self.buffer << count | u64::from(bits);
        self.waiting += count;
        if self.waiting >= 32 {
            self.waiting -= 32;
            self.word((self.buffer >> self.waiting) as u32);
        }
    }

    #[inline]
    fn word(&mut self, word: u32) {
        let bytes = word.to_be_bytes();
        // A byte of ones is the only one to become zero when turned over (the usual test for a zero byte).
        if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
            self.out.extend_from_slice(&bytes);
        } else {
            bytes.into_iter().for_each(|byte| self.byte(byte));
        }
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xff {
            self.out.push(0);
        }
    }

    /// Fills the last byte with ones.
    fn flush(&mut self) {
        let filling = self.waiting.wrapping_neg() % 8;
        self.buffer = self.buffer << filling | ((1 << filling) - 1);
        self.waiting += filling;
        while self.waiting > 0 {
            self.waiting -= 8;
            self.byte((self.buffer >> self.waiting) as u8);
        }
    }

    /// Ends an interval.
    pub(super) fn restart(&mut self) {
        self.flush();
        self.out.extend([0xff, 0xd0 | self.marker]);
        self.marker = (self.marker + 1) % 8;
    }

    /// Ends the scan.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}

/// Appends `count` bits, and ones up to a whole byte, with a zero after each byte of ones.
pub(super) fn append_stuffed(out: &mut Vec<u8>, bytes: &[u8], count: u64) {
    let filling = (count.wrapping_neg() % 8) as u32;
    let Some((last, mut rest)) = bytes.split_last() else { return };
    while let Some(at) = memchr::memchr(0xff, rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(0);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    let last = last | ((1_u32 << filling) - 1) as u8;
    out.push(last);
    if last == 0xff {
        out.push(0);
    }
}
