//! Dequantisation and inverse DCT of one block, at full size and reduced.
//!
//! Full size is the algorithm of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with 13-bit constants, columns before rows, as
//! libjpeg's `jidctint.c`: equal to it bit for bit wherever its 32 bits do not overflow, which no encoder's output makes them do.
//! Overflow wraps, here as on a GPU. Results out of range are clamped, as by libjpeg's vector code; its scalar code
//! agrees up to four times the range.
//!
//! The reduced sizes are means: each sample is what a square of 2x2, 4x4 or 8x8 samples of the full transform has on average, before
//! rounding and clamping. With `c(u)` the DCT's own scale, one dimension of it is, for a reduction by two,
//! `sum of c(u) F(u) cos(u pi/16) cos((2k + 1) u pi/8)`, in which `u = 4` drops out; for a reduction by four the factor
//! is `cos(u pi/16) cos(u pi/8)`, and only 0, 1, 3, 5 and 7 remain. This is what `djpeg -scale 1/2`, `1/4` and `1/8` do
//! (`jidctred.c`), bit for bit.

use std::num::Wrapping;

type Int = Wrapping<i32>;

/// Fraction bits of the constants.
const CONST_BITS: usize = 13;
/// Fraction bits kept between the passes.
const PASS_BITS: usize = 2;

/// `value` as an integer with [`CONST_BITS`] fraction bits.
const fn fix(value: f64) -> Int {
    Wrapping((value * (1 << CONST_BITS) as f64 + 0.5) as i32)
}

const FIX_0_298631336: Int = fix(0.298631336);
const FIX_0_390180644: Int = fix(0.390180644);
const FIX_0_541196100: Int = fix(0.541196100);
const FIX_0_765366865: Int = fix(0.765366865);
const FIX_0_899976223: Int = fix(0.899976223);
const FIX_1_175875602: Int = fix(1.175875602);
const FIX_1_501321110: Int = fix(1.501321110);
const FIX_1_847759065: Int = fix(1.847759065);
const FIX_1_961570560: Int = fix(1.961570560);
const FIX_2_053119869: Int = fix(2.053119869);
const FIX_2_562915447: Int = fix(2.562915447);
const FIX_3_072711026: Int = fix(3.072711026);

/// Dequantises and transforms one block: `coefficients` and `quantization` in natural order, 8 rows of 8 samples out.
pub fn block(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [u8; 64] {
    // A block of its DC value alone is flat, with exactly the rounding of the general way.
    if coefficients[1..].iter().all(|c| *c == 0) {
        return [clamp(descale(dequantise(coefficients, quantization, 0) << PASS_BITS, PASS_BITS + 3)); 64];
    }
    let mut columns = [Wrapping(0); 64];
    for x in 0..8 {
        let column = one_dimension(std::array::from_fn(|y| dequantise(coefficients, quantization, 8 * y + x)));
        for (y, value) in column.into_iter().enumerate() {
            columns[8 * y + x] = descale(value, CONST_BITS - PASS_BITS);
        }
    }
    let mut samples = [0; 64];
    for (row, samples) in columns.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<8>().0) {
        *samples = one_dimension(*row).map(|value| clamp(descale(value, CONST_BITS + PASS_BITS + 3)));
    }
    samples
}

/// Eight points, scaled up by the square root of eight and by [`CONST_BITS`].
fn one_dimension(f: [Int; 8]) -> [Int; 8] {
    // Even part: a rotation of 2 and 6, a butterfly of 0 and 4.
    let turned = (f[2] + f[6]) * FIX_0_541196100;
    let (e2, e3) = (turned - f[6] * FIX_1_847759065, turned + f[2] * FIX_0_765366865);
    let (e0, e1) = ((f[0] + f[4]) << CONST_BITS, (f[0] - f[4]) << CONST_BITS);
    let even = [e0 + e3, e1 + e2, e1 - e2, e0 - e3];

    // Odd part: figure 8 of the paper.
    let z5 = (f[7] + f[3] + f[5] + f[1]) * FIX_1_175875602;
    let z1 = (f[7] + f[1]) * FIX_0_899976223;
    let z2 = (f[5] + f[3]) * FIX_2_562915447;
    let z3 = z5 - (f[7] + f[3]) * FIX_1_961570560;
    let z4 = z5 - (f[5] + f[1]) * FIX_0_390180644;
    let odd = [
        f[1] * FIX_1_501321110 - z1 + z4,
        f[3] * FIX_3_072711026 - z2 + z3,
        f[5] * FIX_2_053119869 - z2 + z4,
        f[7] * FIX_0_298631336 - z1 + z3,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

/// The block at half size: 4 rows of 4 means of 2x2 samples.
pub fn half(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [u8; 16] {
    let mut columns = [Wrapping(0); 32];
    for x in [0, 1, 2, 3, 5, 6, 7] {
        let column = one_dimension_half(std::array::from_fn(|y| dequantise(coefficients, quantization, 8 * y + x)));
        for (y, value) in column.into_iter().enumerate() {
            columns[8 * y + x] = descale(value, CONST_BITS - PASS_BITS + 1);
        }
    }
    let mut samples = [0; 16];
    for (row, samples) in columns.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<4>().0) {
        *samples = one_dimension_half(*row).map(|value| clamp(descale(value, CONST_BITS + PASS_BITS + 3 + 1)));
    }
    samples
}

/// Four points, at twice the scale of [`one_dimension`]; `f[4]` is not read.
fn one_dimension_half(f: [Int; 8]) -> [Int; 4] {
    let dc = f[0] << (CONST_BITS + 1);
    let e = f[2] * fix(1.847759065) - f[6] * fix(0.765366865);
    let outer = f[1] * fix(2.562915447) + f[3] * fix(0.899976223) - f[5] * fix(0.601344887) - f[7] * fix(0.509795579);
    let inner = f[1] * fix(1.061594337) - f[3] * fix(2.172734803) + f[5] * fix(1.451774981) - f[7] * fix(0.211164243);
    [dc + e + outer, dc - e + inner, dc - e - inner, dc + e - outer]
}

/// The block at a quarter of its size: 2 rows of 2 means of 4x4 samples.
pub fn quarter(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [u8; 4] {
    let mut columns = [Wrapping(0); 16];
    for x in [0, 1, 3, 5, 7] {
        let column = one_dimension_quarter(std::array::from_fn(|y| dequantise(coefficients, quantization, 8 * y + x)));
        for (y, value) in column.into_iter().enumerate() {
            columns[8 * y + x] = descale(value, CONST_BITS - PASS_BITS + 2);
        }
    }
    let mut samples = [0; 4];
    for (row, samples) in columns.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<2>().0) {
        *samples = one_dimension_quarter(*row).map(|value| clamp(descale(value, CONST_BITS + PASS_BITS + 3 + 2)));
    }
    samples
}

/// Two points, at four times the scale of [`one_dimension`]; only 0 and the odd ones are read.
fn one_dimension_quarter(f: [Int; 8]) -> [Int; 2] {
    let dc = f[0] << (CONST_BITS + 2);
    let odd = f[1] * fix(3.624509785) - f[3] * fix(1.272758580) + f[5] * fix(0.850430095) - f[7] * fix(0.720959822);
    [dc + odd, dc - odd]
}

/// The mean of the block, from its DC value alone.
pub fn eighth(coefficients: &[i16; 64], quantization: &[u16; 64]) -> u8 {
    clamp(descale(dequantise(coefficients, quantization, 0), 3))
}

fn dequantise(coefficients: &[i16; 64], quantization: &[u16; 64], at: usize) -> Int {
    Wrapping(i32::from(coefficients[at])) * Wrapping(i32::from(quantization[at]))
}

/// Divides by a power of two, halves upwards.
fn descale(value: Int, bits: usize) -> Int {
    (value + Wrapping(1 << (bits - 1))) >> bits
}

/// Back from samples around zero to bytes.
fn clamp(value: Int) -> u8 {
    (value + Wrapping(128)).0.clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use super::*;

    /// A cheap repeatable sequence of numbers below `limit`.
    fn numbers(limit: i32) -> impl Iterator<Item = i32> {
        let mut state = 12345_u32;
        std::iter::from_fn(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((state >> 8) as i32 % limit)
        })
    }

    /// Blocks as pictures have them: small high frequencies, and no sample out of range.
    fn blocks(count: usize) -> Vec<[i16; 64]> {
        let mut random = numbers(1 << 16);
        let mut next = move |limit: i32| (random.next().unwrap() % (2 * limit + 1) - limit) as i16;
        let of_block =
            |_| std::array::from_fn(|i| if i == 0 { next(200) } else { next(60 / (1 + (i / 8 + i % 8)) as i32) });
        (0..count).map(of_block).collect()
    }

    /// A.3.3 of T.81 as it is written.
    fn exact(f: &[i16; 64], x: f64, y: f64) -> f64 {
        let scale = |u: usize| if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let basis = |x: f64, u: usize| scale(u) / 2.0 * ((2.0 * x + 1.0) * u as f64 * PI / 16.0).cos();
        let terms = f.iter().enumerate().map(|(i, f)| f64::from(*f) * basis(x, i % 8) * basis(y, i / 8));
        128.0 + terms.sum::<f64>()
    }

    #[test]
    fn full_size_is_the_definition_rounded() {
        for f in blocks(300) {
            let samples = block(&f, &[1; 64]);
            for (i, sample) in samples.into_iter().enumerate() {
                let exact = exact(&f, (i % 8) as f64, (i / 8) as f64).clamp(0.0, 255.0);
                assert!((f64::from(sample) - exact).abs() < 0.6, "{sample} for {exact}");
            }
        }
    }

    #[test]
    fn a_flat_block_takes_no_other_rounding() {
        for dc in -1100..1100 {
            let mut f = [0; 64];
            f[0] = dc;
            let flat = block(&f, &[3; 64]);
            // A coefficient too small to matter sends the block the general way.
            let mut table = [3; 64];
            (f[63], table[63]) = (1, 0);
            assert_eq!(block(&f, &table), flat, "{dc}");
            assert_eq!(flat[0], eighth(&f, &table), "{dc}");
        }
    }

    #[test]
    fn reduced_sizes_are_means() {
        for f in blocks(300) {
            let full = block(&f, &[2; 64]);
            if full.iter().any(|sample| [0, 255].contains(sample)) {
                continue;
            }
            let mean = |x: usize, y: usize, side: usize| {
                let square = (0..side * side).map(|i| f64::from(full[8 * (y * side + i / side) + x * side + i % side]));
                square.sum::<f64>() / (side * side) as f64
            };
            let check = |samples: &[u8], side: usize| {
                for (i, sample) in samples.iter().enumerate() {
                    let mean = mean(i % (8 / side), i / (8 / side), side);
                    assert!((f64::from(*sample) - mean).abs() <= 1.0, "1/{side}: {sample} for {mean}");
                }
            };
            check(&half(&f, &[2; 64]), 2);
            check(&quarter(&f, &[2; 64]), 4);
            check(&[eighth(&f, &[2; 64])], 8);
        }
    }

    #[test]
    fn any_numbers_will_do() {
        let (low, high) = ([i16::MIN; 64], [i16::MAX; 64]);
        for f in [low, high] {
            block(&f, &[u16::MAX; 64]);
            half(&f, &[u16::MAX; 64]);
            quarter(&f, &[u16::MAX; 64]);
            eighth(&f, &[u16::MAX; 64]);
        }
    }
}
