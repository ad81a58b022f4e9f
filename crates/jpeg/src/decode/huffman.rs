//! Huffman codes by table look-up (T.81, annex C and F.2.2.3).

use super::{
    DecodeError,
    bits::{Bits, extend},
    header::HuffmanCode,
};

/// Codes of up to this many bits are found in one step.
const DIRECT_BITS: u32 = 10;

/// A code made ready for decoding.
pub(super) struct Huffman {
    /// By the next [`DIRECT_BITS`] bits.
    direct: [Entry; 1 << DIRECT_BITS],
    /// For each length the first code that is longer, moved up to 16 bits; of length 17, one more than all codes.
    limits: [u32; 18],
    /// For each length what to add to a code to have its place in `symbols`.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

/// What the next bits mean. From the bottom: how many to skip (8 bits), the run of zeros (4), the size of the
/// value that is still to be read (4), and the value (16) if it was among the bits already.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry(u32);

impl Entry {
    fn new(symbol: u8, bits: u32, size: u32, value: i32) -> Self {
        Self((value as u32) << 16 | size << 12 | u32::from(symbol >> 4) << 8 | bits)
    }

    /// Whether it brings a coefficient: the usual case. Otherwise a run without one, an end, or a long code.
    #[inline(always)]
    pub(super) fn is_value(self) -> bool {
        self.0 >= 1 << 12
    }

    /// Whether the value is 1 or -1: one of size 1, read already or not.
    #[inline(always)]
    pub(super) fn is_one(self) -> bool {
        matches!((self.0 as i32 >> 16, self.0 >> 12 & 15), (-1 | 1, 0) | (0, 1))
    }

    #[inline(always)]
    pub(super) fn run(self) -> usize {
        (self.0 >> 8 & 15) as usize
    }

    /// Skips the code and gives the value.
    #[inline(always)]
    pub(super) fn value(self, bits: &mut Bits<'_>) -> i32 {
        bits.skip(self.0 & 0xff);
        let size = self.0 >> 12 & 15;
        if size == 0 { self.0 as i32 >> 16 } else { bits.take_value(size) }
    }
}

impl Huffman {
    /// Fails where more codes are asked for than there are.
    pub(super) fn new(code: &HuffmanCode) -> Result<Box<Self>, DecodeError> {
        let mut table = Box::new(Self {
            direct: [Entry::default(); 1 << DIRECT_BITS],
            limits: [u32::MAX; 18],
            offsets: [0; 17],
            symbols: [0; 256],
        });
        for (place, symbol) in table.symbols.iter_mut().zip(&code.symbols) {
            *place = *symbol;
        }
        let (mut next, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(code.counts) {
            table.offsets[length as usize] = place as i32 - next as i32;
            for symbol in &code.symbols[place..place + usize::from(count)] {
                if length <= DIRECT_BITS {
                    table.fill(next, length, *symbol);
                }
                next += 1;
            }
            if next > 1 << length {
                return Err(DecodeError::Damaged("a Huffman table with more codes than there can be"));
            }
            place += usize::from(count);
            table.limits[length as usize] = next << (16 - length);
            next <<= 1;
        }
        Ok(table)
    }

    /// Enters a code at all places that begin with it, with its value where that fits.
    fn fill(&mut self, code: u32, length: u32, symbol: u8) {
        let free = DIRECT_BITS - length;
        let size = u32::from(symbol & 15);
        let first = (code << free) as usize;
        let places = self.direct.iter_mut().skip(first).take(1 << free);
        for (rest, place) in (0_u32..).zip(places) {
            *place = if size == 0 {
                Entry::new(symbol, length, 0, 0)
            } else if size <= free {
                Entry::new(symbol, length + size, 0, extend(rest >> (free - size), size))
            } else {
                Entry::new(symbol, length, size, 0)
            };
        }
    }

    /// What stands next. Needs 32 bits in the reader.
    #[inline(always)]
    pub(super) fn peek(&self, bits: &Bits<'_>) -> Entry {
        self.direct[bits.peek::<DIRECT_BITS>()]
    }

    /// Takes a code that [`Huffman::peek`] gave no value for. Where the bits are no code, 17 of them are gone and the
    /// symbol is 0, as in libjpeg; the reader remembers it.
    #[inline(always)]
    pub(super) fn symbol_of(&self, entry: Entry, bits: &mut Bits<'_>) -> u8 {
        let length = entry.0 & 0xff;
        if length != 0 {
            bits.skip(length);
            return (entry.0 >> 4) as u8 & 0xf0;
        }
        let (symbol, after) = self.long_symbol(*bits);
        *bits = after;
        symbol
    }

    /// Takes any code, as [`Huffman::symbol_of`]. Needs 32 bits in the reader.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> u8 {
        let (symbol, after) = self.long_symbol(*bits);
        *bits = after;
        symbol
    }

    /// By value, so that the reader's fields can stay in registers.
    #[inline(never)]
    fn long_symbol<'a>(&self, mut bits: Bits<'a>) -> (u8, Bits<'a>) {
        let code = bits.peek::<16>() as u32;
        let Some(length) = (1..=16).find(|length| code < self.limits[*length]) else {
            bits.skip(17);
            bits.wrong = true;
            return (0, bits);
        };
        bits.skip(length as u32);
        let place = (code >> (16 - length)) as i32 + self.offsets[length];
        (self.symbols[(place & 255) as usize], bits)
    }
}

/// What [`words`] looks up at once.
pub(super) const DIRECT_BITS_OF_WORDS: u32 = 9;
const DIRECT_WORDS: usize = 1 << DIRECT_BITS_OF_WORDS;
const LIMITS_AT: usize = DIRECT_WORDS;
const OFFSETS_AT: usize = LIMITS_AT + 18;
const SYMBOLS_AT: usize = OFFSETS_AT + 18;
/// How many words [`words`] gives.
pub(super) const WORDS: usize = SYMBOLS_AT + 64;

/// The code as [`CodeWords`](super::CodeWords).
pub(super) fn words(code: &HuffmanCode) -> Result<[u32; WORDS], DecodeError> {
    let table = Huffman::new(code)?;
    let mut words = [0; WORDS];
    words[LIMITS_AT..OFFSETS_AT].copy_from_slice(&table.limits);
    for (word, offset) in words[OFFSETS_AT..SYMBOLS_AT].iter_mut().zip(table.offsets) {
        *word = offset as u32;
    }
    for (word, symbols) in words[SYMBOLS_AT..].iter_mut().zip(table.symbols.as_chunks().0) {
        *word = u32::from_le_bytes(*symbols);
    }
    for next in 0..DIRECT_WORDS {
        let long = long_entry(&words, (next as u32) << (32 - DIRECT_BITS_OF_WORDS), 1);
        words[next] = long.filter(|entry| entry >> 8 <= DIRECT_BITS_OF_WORDS).unwrap_or(0);
    }
    Ok(words)
}

/// The code at the front of `bits`: its length times 256 plus its symbol.
pub(super) fn entry_of_words(words: &[u32; WORDS], bits: u32) -> Option<u32> {
    match words[(bits >> (32 - DIRECT_BITS_OF_WORDS)) as usize] {
        0 => long_entry(words, bits, DIRECT_BITS_OF_WORDS + 1),
        entry => Some(entry),
    }
}

/// The same without looking it up; codes shorter than `from` are not considered.
fn long_entry(words: &[u32; WORDS], bits: u32, from: u32) -> Option<u32> {
    let front = bits >> 16;
    let length = (from..=16).find(|length| front < words[LIMITS_AT + *length as usize])?;
    let place = (front >> (16 - length)).wrapping_add(words[OFFSETS_AT + length as usize]) & 255;
    let symbol = words[SYMBOLS_AT + place as usize / 4] >> (place % 4 * 8) & 255;
    Some(length << 8 | symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_wrong_codes() {
        // 0 is the symbol 0x00, 10 is 0x32, 110 is 0xf0, 16 bits that end in 0 are 0x01; all ones are nothing.
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[2], counts[15]) = (1, 1, 1, 1);
        let table = Huffman::new(&HuffmanCode { counts, symbols: vec![0x00, 0x32, 0xf0, 0x01] }).unwrap();

        let mut bits = Bits::new(&[0b0100_1110, 0b1110_0000, 0, 0, 0], 0);
        bits.refill();
        let entry = table.peek(&bits);
        assert!(!entry.is_value());
        assert_eq!(table.symbol_of(entry, &mut bits), 0);
        // 10 with 01: minus two, after three zeros.
        let entry = table.peek(&bits);
        assert!(entry.is_value());
        assert_eq!((entry.run(), entry.value(&mut bits)), (3, -2));
        // 110.
        let entry = table.peek(&bits);
        assert_eq!(table.symbol_of(entry, &mut bits), 0xf0);

        // 1110... at any length is the long code only with twelve more ones: here it is 16 bits 1110000000000000.
        let mut bits = Bits::new(&[0b1110_0000, 0, 0, 0, 0], 0);
        bits.refill();
        assert_eq!(table.symbol(&mut bits), 0x01);
        assert!(!bits.wrong);
        let mut bits = Bits::new(&[0b1110_0000, 1, 0, 0, 0], 0);
        bits.refill();
        assert_eq!(table.symbol(&mut bits), 0);
        assert!(bits.wrong);
    }

    #[test]
    fn too_many_codes() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Huffman::new(&HuffmanCode { counts, symbols: vec![0, 1, 2] }).is_err());
    }
}
