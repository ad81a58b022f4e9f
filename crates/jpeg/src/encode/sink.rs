//! Where symbols go: to be counted, kept or packed at once.

use super::{HuffmanTables, Statistics, bits::BitWriter};

/// Number of a table in [`Statistics`], or [`RAW`].
pub(super) type Slot = u32;
/// Bits without a code in front.
pub(super) const RAW: Slot = 4;
/// All symbols of all slots, some of which are never used.
const SYMBOLS: usize = 8 * 256;

/// The bits of one value below its code, and how many: at most 16.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extra(pub(super) u32, pub(super) u32);

impl Extra {
    pub(super) const NONE: Self = Self(0, 0);

    /// T.81, F.1.2.1: as many bits as the magnitude has, of the value or, where that is negative, of one less.
    #[inline]
    pub(super) fn of(value: i32) -> Self {
        let sign = value >> 31;
        let bits = 32 - value.unsigned_abs().leading_zeros();
        Self((value + sign) as u32 & ((1 << bits) - 1), bits)
    }
}

/// Takes what a scan consists of.
pub(super) trait Sink {
    /// A symbol of a table below the 256, and the bits behind it.
    fn put(&mut self, slot: Slot, symbol: u32, extra: Extra);
    /// An interval ends, another begins.
    fn restart(&mut self);
}

/// A symbol and its bits: slot and symbol in the lowest 11 bits, then 5 for the number of bits, then the bits.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    list: Vec<u32>,
    /// Where intervals end, but the last.
    ends: Vec<usize>,
    counter: Counter,
}

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.ends.clear();
        self.counter = Counter::default();
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.counter.statistics()
    }

    /// Appends the bits of all tokens, with markers between intervals.
    pub(super) fn pack(&self, out: Vec<u8>, tables: &HuffmanTables) -> Vec<u8> {
        let codes = codes(tables);
        let mut bits = BitWriter::new(out);
        let mut from = 0;
        for &end in &self.ends {
            pack(&mut bits, &codes, &self.list[from..end]);
            bits.restart();
            from = end;
        }
        pack(&mut bits, &codes, &self.list[from..]);
        bits.finish()
    }
}

fn pack(bits: &mut BitWriter, codes: &[u32; SYMBOLS], tokens: &[u32]) {
    for &token in tokens {
        let code = codes[token as usize % SYMBOLS];
        let count = token >> 11 & 31;
        bits.put((code & 0xffff) << count | token >> 16, (code >> 16) + count);
    }
}

/// As [`HuffmanTables::packed`], and nothing for [`RAW`].
fn codes(tables: &HuffmanTables) -> Box<[u32; SYMBOLS]> {
    let mut codes = Box::new([0; SYMBOLS]);
    codes[..1024].copy_from_slice(tables.packed().as_slice());
    codes
}

impl Sink for Tokens {
    #[inline]
    fn put(&mut self, slot: Slot, symbol: u32, extra: Extra) {
        self.counter.put(slot, symbol, extra);
        self.list.push(slot << 8 | symbol | extra.1 << 11 | extra.0 << 16);
    }

    fn restart(&mut self) {
        self.ends.push(self.list.len());
    }
}

/// Symbols counted and forgotten.
#[derive(Debug)]
pub(super) struct Counter(Box<[u32; SYMBOLS]>);

impl Default for Counter {
    fn default() -> Self {
        Self(Box::new([0; SYMBOLS]))
    }
}

impl Counter {
    pub(super) fn statistics(&self) -> Statistics {
        let (slots, _) = self.0.as_chunks::<256>();
        Statistics(std::array::from_fn(|slot| slots[slot]))
    }
}

impl Sink for Counter {
    #[inline]
    fn put(&mut self, slot: Slot, symbol: u32, _extra: Extra) {
        self.0[(slot << 8 | symbol) as usize % SYMBOLS] += 1;
    }

    fn restart(&mut self) {}
}

/// Symbols coded at once, by tables known before.
pub(super) struct Packer {
    codes: Box<[u32; SYMBOLS]>,
    bits: BitWriter,
}

impl Packer {
    pub(super) fn new(out: Vec<u8>, tables: &HuffmanTables) -> Self {
        Self { codes: codes(tables), bits: BitWriter::new(out) }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bits.finish()
    }
}

impl Sink for Packer {
    #[inline]
    fn put(&mut self, slot: Slot, symbol: u32, extra: Extra) {
        let code = self.codes[(slot << 8 | symbol) as usize % SYMBOLS];
        self.bits.put((code & 0xffff) << extra.1 | extra.0, (code >> 16) + extra.1);
    }

    fn restart(&mut self) {
        self.bits.restart();
    }
}
