//! Blocks of progressive scans (T.81, annex G): each scan brings one band of coefficients down to one bit, or one bit more.

use super::{
    bits::Bits,
    huffman::Huffman,
    scan::{Coder, PLACES, Slot},
    sequential::difference,
};

/// The first bits of DC values, above bit `low`.
pub(super) struct DcFirst<'a> {
    pub(super) codes: [&'a Huffman; 4],
    pub(super) low: u32,
    pub(super) predictors: [i32; 4],
}

impl Coder for DcFirst<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, slot: Slot, block: &mut [i16; 64]) {
        let predictor = &mut self.predictors[slot.index()];
        *predictor = predictor.wrapping_add(difference(self.codes[slot.index()], bits));
        block[0] = (*predictor << self.low) as i16;
    }

    fn restart(&mut self) {
        self.predictors = [0; 4];
    }
}

/// Bit `low` of DC values.
pub(super) struct DcRefine {
    pub(super) low: u32,
}

impl Coder for DcRefine {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: Slot, block: &mut [i16; 64]) {
        bits.refill();
        block[0] |= (bits.take(1) << self.low) as i16;
    }

    fn restart(&mut self) {}
}

/// The coefficients that an AC scan is about, in zig-zag order.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) first: usize,
    pub(super) last: usize,
    /// The lowest bit that is coded.
    pub(super) low: u32,
}

/// The first bits of a band.
pub(super) struct AcFirst<'a> {
    pub(super) code: &'a Huffman,
    pub(super) band: Band,
    /// How many blocks more have nothing in the band.
    pub(super) empty_blocks: u32,
}

impl Coder for AcFirst<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: Slot, block: &mut [i16; 64]) {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return;
        }
        let Band { first: mut k, last, low } = self.band;
        while k <= last {
            bits.refill();
            let entry = self.code.peek(bits);
            let value = if entry.is_value() {
                k += entry.run();
                entry.value(bits)
            } else {
                let symbol = self.code.symbol_of(entry, bits);
                let (run, size) = (symbol >> 4, u32::from(symbol & 15));
                if size == 0 {
                    if run < 15 {
                        self.empty_blocks = empty_run(run, bits) - 1;
                        break;
                    }
                    k += 16;
                    continue;
                }
                k += usize::from(run);
                bits.take_value(size)
            };
            bits.wrong |= k > last;
            block[usize::from(PLACES[k % 128]) % 64] = (value << low) as i16;
            k += 1;
        }
    }

    fn restart(&mut self) {
        self.empty_blocks = 0;
    }
}

/// One bit more of a band: of each coefficient that is not zero the next bit, and those that become plus or minus one in it.
pub(super) struct AcRefine<'a> {
    pub(super) code: &'a Huffman,
    pub(super) band: Band,
    pub(super) empty_blocks: u32,
}

impl Coder for AcRefine<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: Slot, block: &mut [i16; 64]) {
        let Band { first: mut k, last, low } = self.band;
        let one = 1_i16 << low;
        while self.empty_blocks == 0 && k <= last {
            bits.refill();
            let entry = self.code.peek(bits);
            let (mut zeros, mut fresh) = (entry.run(), 0);
            if entry.is_one() {
                fresh = if entry.value(bits) > 0 { one } else { -one };
            } else {
                let symbol = if entry.is_value() { self.code.symbol(bits) } else { self.code.symbol_of(entry, bits) };
                let (run, size) = (symbol >> 4, symbol & 15);
                if size > 0 {
                    // Anything but 1 is wrong, and taken for 1.
                    bits.wrong |= size > 1;
                    fresh = if bits.take(1) == 1 { one } else { -one };
                } else if run < 15 {
                    self.empty_blocks = empty_run(run, bits);
                    break;
                }
                zeros = usize::from(run);
            }
            // Over as many zeros, refining what is met between them; the place behind is for the fresh one.
            while k <= last {
                let place = &mut block[usize::from(PLACES[k % 128]) % 64];
                if *place != 0 {
                    refine(place, one, bits);
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            if fresh != 0 {
                bits.wrong |= k > last;
                block[usize::from(PLACES[k % 128]) % 64] = fresh;
            }
            k += 1;
        }
        if self.empty_blocks > 0 {
            for place in &PLACES[k.min(last + 1)..=last] {
                let place = &mut block[usize::from(*place) % 64];
                if *place != 0 {
                    refine(place, one, bits);
                }
            }
            self.empty_blocks -= 1;
        }
    }

    fn restart(&mut self) {
        self.empty_blocks = 0;
    }
}

/// Takes the bit of one coefficient.
#[inline(always)]
fn refine(place: &mut i16, one: i16, bits: &mut Bits<'_>) {
    bits.refill();
    if bits.take(1) == 1 && *place & one == 0 {
        *place = place.wrapping_add(if *place > 0 { one } else { -one });
    }
}

/// The number of blocks, this one among them, that a symbol `EOBn` says to be empty.
#[inline(always)]
fn empty_run(n: u8, bits: &mut Bits<'_>) -> u32 {
    match u32::from(n) {
        0 => 1,
        n => (1 << n) + bits.take(n),
    }
}
