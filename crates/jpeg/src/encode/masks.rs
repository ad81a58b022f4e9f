//! Which coefficients of a block are so-and-so, one bit each, in zig-zag order.

use crate::NATURAL_FROM_ZIGZAG;

/// For each row of a block and each set of its columns, their places in zig-zag order.
static PLACES: [[u64; 256]; 8] = places();

const fn places() -> [[u64; 256]; 8] {
    let mut places = [[0; 256]; 8];
    let mut zigzag = 0;
    while zigzag < 64 {
        let natural = NATURAL_FROM_ZIGZAG[zigzag] as usize;
        let mut columns = 0;
        while columns < 256 {
            if columns >> (natural % 8) & 1 == 1 {
                places[natural / 8][columns] |= 1 << zigzag;
            }
            columns += 1;
        }
        zigzag += 1;
    }
    places
}

/// Bit k is set where `holds` for the coefficient in place k of the zig-zag order.
#[inline]
pub(super) fn mask(block: &[i16; 64], holds: impl Fn(i16) -> bool) -> u64 {
    let mut mask = 0;
    for (row, places) in block.as_chunks::<8>().0.iter().zip(&PLACES) {
        let bytes = u64::from_le_bytes(row.map(|value| u8::from(holds(value))));
        // Eight bytes of zero or one to eight bits: each is moved to its place in the highest byte.
        let columns = bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= places[columns as usize];
    }
    mask
}

/// The coefficient in place `k` of the zig-zag order.
#[inline]
pub(super) fn at(block: &[i16; 64], k: u32) -> i32 {
    i32::from(block[usize::from(NATURAL_FROM_ZIGZAG[k as usize % 64]) % 64])
}
