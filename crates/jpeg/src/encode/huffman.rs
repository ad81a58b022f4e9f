//! Huffman tables: the standard ones, and those fitted to counts.

mod optimal;

use crate::standard;

/// How often each symbol occurs: for luma's DC, luma's AC, chroma's DC, chroma's AC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics(pub [[u32; 256]; 4]);

impl Statistics {
    /// The tables that make these symbols shortest.
    pub fn tables(&self) -> HuffmanTables {
        HuffmanTables(std::array::from_fn(|slot| HuffmanTable::optimal(&self.0[slot])))
    }

    /// How many bits a baseline scan of these symbols takes with `tables`, values behind codes included.
    pub fn bits(&self, tables: &HuffmanTables) -> u64 {
        let tables = self.0.iter().zip(&tables.0);
        let bits = tables.flat_map(|(counts, table)| {
            table.codes().map(|(symbol, length, _)| {
                u64::from(counts[usize::from(symbol)]) * (u64::from(length) + u64::from(symbol & 15))
            })
        });
        bits.sum()
    }
}

/// The four tables of a file, in the order of [`Statistics`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuffmanTables(pub [HuffmanTable; 4]);

impl HuffmanTables {
    /// Those of T.81, K.3.
    pub fn standard() -> Self {
        let table = |(lengths, symbols)| HuffmanTable { lengths, symbols };
        let ([luma_dc, chroma_dc], [luma_ac, chroma_ac]) = (standard::dc(), standard::ac());
        Self([luma_dc, luma_ac, chroma_dc, chroma_ac].map(table))
    }

    /// For each symbol of each table, `table * 256 + symbol`, the length of its code times 65536 plus the code. Zero
    /// for symbols without one.
    pub fn packed(&self) -> Box<[u32; 1024]> {
        let mut packed = Box::new([0; 1024]);
        for (part, table) in packed.as_chunks_mut::<256>().0.iter_mut().zip(&self.0) {
            for (symbol, length, code) in table.codes() {
                part[usize::from(symbol)] = u32::from(length) << 16 | u32::from(code);
            }
        }
        packed
    }
}

/// A canonical code as DHT stores it (T.81, annex C): how many codes of each length, and the symbols in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuffmanTable {
    lengths: [u8; 16],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// The table for these counts, which need not be known to be sane: no code is longer than 16 bits, none consists
    /// of ones alone, and what does not occur has none.
    pub fn optimal(counts: &[u32; 256]) -> Self {
        let (lengths, symbols) = optimal::lengths(counts);
        Self { lengths, symbols }
    }

    /// How many codes have 1 to 16 bits.
    pub fn lengths(&self) -> [u8; 16] {
        self.lengths
    }

    /// All symbols that have a code, those of the shortest codes first.
    pub fn symbols(&self) -> &[u8] {
        &self.symbols
    }

    /// Every symbol with the length of its code, 1 to 16, and the code itself.
    pub fn codes(&self) -> impl Iterator<Item = (u8, u8, u16)> {
        let lengths = self.lengths.iter().zip(1u8..).flat_map(|(&count, length)| (0..count).map(move |_| length));
        let (mut code, mut before) = (0u32, 0);
        self.symbols.iter().zip(lengths).map(move |(&symbol, length)| {
            code <<= length - before;
            before = length;
            code += 1;
            (symbol, length, (code - 1) as u16)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator that is good enough here: SplitMix64.
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// No code is the beginning of another, none is all ones, and each is within its length.
    fn check(counts: &[u32; 256]) {
        let table = HuffmanTable::optimal(counts);
        let mut used = 0u32;
        let mut seen = [false; 256];
        for (symbol, length, code) in table.codes() {
            assert!((1..=16).contains(&length), "{length} bits");
            assert!(u32::from(code) < (1 << length) - 1, "{code:b} of {length} bits is all ones, or too long");
            // In order and without overlap: each code begins where the one before it ended.
            assert_eq!(u32::from(code) << (16 - length), used);
            used += 1 << (16 - length);
            assert!(!std::mem::replace(&mut seen[usize::from(symbol)], true), "symbol {symbol} twice");
        }
        for (symbol, &count) in counts.iter().enumerate() {
            assert_eq!(seen[symbol], count > 0, "symbol {symbol} of count {count}");
        }
    }

    #[test]
    fn any_counts_make_a_table_that_can_be_decoded() {
        check(&[0; 256]);
        check(&[1; 256]);
        check(&[u32::MAX; 256]);
        for symbol in [0, 1, 255] {
            let mut one = [0; 256];
            one[symbol] = 7;
            check(&one);
        }
        // The deepest trees there are: each count is the sum of those before it.
        let mut deep = [0; 256];
        let (mut a, mut b) = (1u32, 1u32);
        for count in deep.iter_mut().take(46) {
            *count = a;
            (a, b) = (b, a.saturating_add(b));
        }
        check(&deep);
        let mut state = 1;
        for _ in 0..2000 {
            let symbols = random(&mut state) % 257;
            let shift = random(&mut state) % 32;
            let mut counts = [0; 256];
            for count in counts.iter_mut().take(symbols as usize) {
                let range = random(&mut state) as u32 >> shift;
                *count = range >> (random(&mut state) % 32);
            }
            check(&counts);
        }
    }

    #[test]
    fn common_symbols_have_short_codes() {
        let mut counts = [0; 256];
        (counts[3], counts[200], counts[9]) = (1000, 100, 10);
        let codes: Vec<_> = HuffmanTable::optimal(&counts).codes().collect();
        assert_eq!(codes, [(3, 1, 0b0), (200, 2, 0b10), (9, 3, 0b110)]);
    }
}
