//! The bits of entropy-coded data, stuffing taken out (T.81, B.1.1.5 and F.2.2.5).

use super::markers;

/// Reads bits from the front of a scan's data up to the next marker. Behind it come zeros, without end; [`Bits::starved`]
/// tells whether any of them were used.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to be taken. Never behind a marker.
    at: usize,
    /// The next bits, from the top. Below `count` may stand some of the bits that come next, or zeros.
    buffer: u64,
    /// How many bits of `buffer` count.
    count: u32,
    /// How many zeros have been put behind the end of the data.
    made_up: u32,
    /// Whether something was read that is no code.
    pub(super) wrong: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, made_up: 0, wrong: false }
    }

    /// Makes sure of 32 bits at least: the longest code and its longest value need 31.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let next = u64::from_be_bytes(*next);
            // Whether any of the eight bytes is ff: zero bytes of the complement.
            let complement = !next;
            let ff = complement.wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080;
            if ff == 0 {
                self.buffer |= next >> self.count;
                let taken = (63 - self.count) >> 3;
                self.at += taken as usize;
                self.count += 8 * taken;
                return;
            }
        }
        *self = self.refilled_bytewise();
    }

    /// By value, so that the fields can stay in registers wherever this is not called.
    #[cold]
    #[inline(never)]
    fn refilled_bytewise(mut self) -> Self {
        while self.count <= 56 {
            let (byte, taken) = match self.bytes.get(self.at..) {
                Some([0xff, rest @ ..]) => {
                    // Any number of ff may stand before the byte that decides.
                    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
                    match rest.get(fill) {
                        Some(0) => (0xff, fill + 2),
                        _ => break,
                    }
                }
                Some([byte, ..]) => (*byte, 1),
                _ => break,
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
            self.at += taken;
        }
        if self.count < 32 {
            self.made_up += 56 - self.count;
            self.count = 56;
        }
        self
    }

    /// The next `N` bits, 1 to 32 and no more than are there.
    #[inline(always)]
    pub(super) fn peek<const N: u32>(&self) -> usize {
        (self.buffer >> (64 - N)) as usize
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// Takes `bits`, 1 to 16 and no more than are there.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = (self.buffer >> (64 - bits)) as u32;
        self.skip(bits);
        value
    }

    /// Takes a value of `size` bits, 1 to 15, in the notation of F.1.2.1: those that begin with 0 are negative.
    #[inline(always)]
    pub(super) fn take_value(&mut self, size: u32) -> i32 {
        extend(self.take(size), size)
    }

    /// Whether bits were used that are not in the file.
    #[inline(always)]
    pub(super) fn starved(&self) -> bool {
        self.made_up > self.count
    }

    /// The offset of the marker that follows, or of the end of the file.
    pub(super) fn next_marker(&self) -> usize {
        markers::next_marker(self.bytes, self.at).unwrap_or(self.bytes.len())
    }
}

/// F.2.2.1, `EXTEND`.
#[inline(always)]
pub(super) fn extend(value: u32, size: u32) -> i32 {
    let value = value as i32;
    if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_and_fill_bytes_vanish() {
        let bytes = [0x12, 0xff, 0x00, 0x34, 0xff, 0xff, 0x00, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0xff, 0xd9, 0x11];
        let mut bits = Bits::new(&bytes, 0);
        let mut read = Vec::new();
        while !bits.starved() {
            bits.refill();
            read.push(bits.take(8) as u8);
        }
        assert_eq!(read, [0x12, 0xff, 0x34, 0xff, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0]);
        assert_eq!(bits.next_marker(), 13);
    }

    #[test]
    fn any_steps_give_the_same_bits() {
        let bytes: Vec<u8> = (0..200_u32).map(|i| (i * i * 7 % 251) as u8).collect();
        let bit = |i: usize| u32::from(bytes[i / 8] >> (7 - i % 8) & 1);
        for step in 1..=16 {
            let mut bits = Bits::new(&bytes, 0);
            for at in (0..1600 - step as usize).step_by(step as usize) {
                bits.refill();
                let expected = (0..step as usize).fold(0, |sum, i| sum << 1 | bit(at + i));
                assert_eq!(bits.take(step), expected, "{step} bits at {at}");
                assert!(!bits.starved());
            }
        }
    }

    #[test]
    fn values() {
        assert_eq!([extend(0, 1), extend(1, 1), extend(0, 3), extend(3, 3), extend(4, 3)], [-1, 1, -7, -4, 4]);
    }
}
