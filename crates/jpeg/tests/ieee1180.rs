//! The inverse DCT by the procedure of IEEE Std 1180-1990: ten thousand random blocks for each range and sign go through a
//! forward transform in double precision, are rounded, and come back through ours and through the exact inverse.
//!
//! One thing differs from the standard, whose samples have nine bits: ours are clamped to eight, so the exact ones are, too.

use std::f64::consts::PI;

use tintype_jpeg::inverse;

const BLOCKS: usize = 10_000;

/// The largest figures that the standard allows.
const PEAK: f64 = 1.0;
const MEAN_SQUARE_OF_A_PLACE: f64 = 0.06;
const MEAN_SQUARE: f64 = 0.02;
const MEAN_OF_A_PLACE: f64 = 0.015;
const MEAN: f64 = 0.0015;

/// `C(u)/2 cos((2x + 1) u pi/16)`: by `u`, then `x` (T.81, A.3.3).
fn basis() -> [[f64; 8]; 8] {
    std::array::from_fn(|u| {
        let scale = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
        std::array::from_fn(|x| scale * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos())
    })
}

fn forward(basis: &[[f64; 8]; 8], samples: &[f64; 64]) -> [f64; 64] {
    let rows: [f64; 64] = std::array::from_fn(|at| (0..8).map(|x| basis[at % 8][x] * samples[at / 8 * 8 + x]).sum());
    std::array::from_fn(|at| (0..8).map(|y| basis[at / 8][y] * rows[y * 8 + at % 8]).sum())
}

fn exact_inverse(basis: &[[f64; 8]; 8], values: &[f64; 64]) -> [f64; 64] {
    let rows: [f64; 64] = std::array::from_fn(|at| (0..8).map(|u| basis[u][at % 8] * values[at / 8 * 8 + u]).sum());
    std::array::from_fn(|at| (0..8).map(|v| basis[v][at / 8] * rows[v * 8 + at % 8]).sum())
}

/// Whole numbers from `-low` to `high`, by the generator of the standard's appendix.
struct Random(i32);

impl Random {
    fn next(&mut self, low: i32, high: i32) -> f64 {
        self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let fraction = f64::from(self.0 & 0x7fff_fffe) / f64::from(0x7fff_ffff);
        (fraction * f64::from(low + high + 1)).floor() - f64::from(low)
    }
}

/// Largest error, mean squares and means of errors, the worst place and all together.
struct Errors {
    peak: f64,
    mean_square_of_a_place: f64,
    mean_square: f64,
    mean_of_a_place: f64,
    mean: f64,
}

fn errors(low: i32, high: i32, sign: f64) -> Errors {
    let (basis, mut random) = (basis(), Random(1));
    let (mut peak, mut sums, mut squares) = (0.0f64, [0.0; 64], [0.0; 64]);
    for _ in 0..BLOCKS {
        let samples: [f64; 64] = std::array::from_fn(|_| sign * random.next(low, high));
        let values = forward(&basis, &samples).map(|value| value.round().clamp(-2048.0, 2047.0));
        let exact = exact_inverse(&basis, &values).map(|sample| sample.round().clamp(-128.0, 127.0));
        let ours = inverse::block(&values.map(|value| value as i16), &[1; 64]);
        for (at, (ours, exact)) in ours.into_iter().zip(exact).enumerate() {
            let error = f64::from(ours) - 128.0 - exact;
            peak = peak.max(error.abs());
            sums[at] += error;
            squares[at] += error * error;
        }
    }
    let n = BLOCKS as f64;
    let worst = |of: &[f64; 64]| of.iter().fold(0.0f64, |worst, sum| worst.max(sum.abs())) / n;
    let all = |of: &[f64; 64]| of.iter().sum::<f64>().abs() / (64.0 * n);
    Errors {
        peak,
        mean_square_of_a_place: worst(&squares),
        mean_square: all(&squares),
        mean_of_a_place: worst(&sums),
        mean: all(&sums),
    }
}

#[test]
fn errors_are_within_the_standard() {
    for (low, high) in [(256, 255), (5, 5), (300, 300)] {
        for sign in [1.0, -1.0] {
            let Errors { peak, mean_square_of_a_place, mean_square, mean_of_a_place, mean } = errors(low, high, sign);
            println!(
                "-{low}..{high} times {sign}: peak {peak}, mean square {mean_square_of_a_place:.5} at worst and \
                 {mean_square:.6}, mean {mean_of_a_place:.5} at worst and {mean:.6}"
            );
            assert!(peak <= PEAK, "-{low}..{high} times {sign}: peak {peak}");
            for (found, allowed) in [
                (mean_square_of_a_place, MEAN_SQUARE_OF_A_PLACE),
                (mean_square, MEAN_SQUARE),
                (mean_of_a_place, MEAN_OF_A_PLACE),
                (mean, MEAN),
            ] {
                assert!(found <= allowed, "-{low}..{high} times {sign}: {found}, allowed is {allowed}");
            }
        }
    }
}

/// No coefficients, no picture: all zero gives exactly middle gray.
#[test]
fn nothing_gives_nothing() {
    assert_eq!(inverse::block(&[0; 64], &[1; 64]), [128; 64]);
}
