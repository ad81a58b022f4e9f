//! Blocks of sequential scans (T.81, F.2.2): each comes whole.

use super::{
    bits::Bits,
    huffman::Huffman,
    scan::{Coder, PLACES, Slot},
};

/// A sequential scan: for each of its components the codes of its DC differences and of its AC coefficients.
pub(super) struct Sequential<'a> {
    pub(super) codes: [(&'a Huffman, &'a Huffman); 4],
    pub(super) predictors: [i32; 4],
}

impl Coder for Sequential<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, slot: Slot, block: &mut [i16; 64]) {
        let (dc, ac) = self.codes[slot.index()];
        let predictor = &mut self.predictors[slot.index()];
        *predictor = predictor.wrapping_add(difference(dc, bits));
        block[0] = *predictor as i16;

        let mut k = 1;
        while k < 64 {
            bits.refill();
            let entry = ac.peek(bits);
            let value = if entry.is_value() {
                k += entry.run();
                entry.value(bits)
            } else {
                let symbol = ac.symbol_of(entry, bits);
                let size = u32::from(symbol & 15);
                if size == 0 {
                    if symbol != 0xf0 {
                        break;
                    }
                    k += 16;
                    continue;
                }
                k += usize::from(symbol >> 4);
                bits.take_value(size)
            };
            bits.wrong |= k > 63;
            block[usize::from(PLACES[k % 128]) % 64] = value as i16;
            k += 1;
        }
    }

    fn restart(&mut self) {
        self.predictors = [0; 4];
    }
}

/// The difference to the DC value before.
#[inline(always)]
pub(super) fn difference(code: &Huffman, bits: &mut Bits<'_>) -> i32 {
    bits.refill();
    let entry = code.peek(bits);
    if entry.is_value() {
        return entry.value(bits);
    }
    match u32::from(code.symbol_of(entry, bits) & 15) {
        0 => 0,
        size => bits.take_value(size),
    }
}
