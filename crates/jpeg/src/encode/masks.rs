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

/// For the lowest `N` bits of what `flags` says of a coefficient, the coefficients that have them: bit k of a mask
/// stands for place k of the zig-zag order.
#[inline]
pub(super) fn masks<const N: usize>(block: &[i16; 64], flags: impl Fn(i16) -> u8) -> [u64; N] {
    let mut masks = [0; N];
    for (row, places) in block.as_chunks::<8>().0.iter().zip(&PLACES) {
        let bytes = u64::from_le_bytes(row.map(&flags));
        for (flag, mask) in masks.iter_mut().enumerate() {
            let ones = bytes >> flag & 0x0101_0101_0101_0101;
            // Eight bytes of zero or one to eight bits: each is moved to its place in the highest byte.
            let columns = ones.wrapping_mul(0x0102_0408_1020_4080) >> 56;
            *mask |= places[columns as usize];
        }
    }
    masks
}

/// The coefficient in place `k` of the zig-zag order.
#[inline]
pub(super) fn at(block: &[i16; 64], k: u32) -> i32 {
    i32::from(block[usize::from(NATURAL_FROM_ZIGZAG[k as usize % 64]) % 64])
}
