//! Comparing pictures, with numbers in the answer.

use std::fmt;

use tintype_engine::{ops::Tolerance, reference::RefImage};

/// How two pictures differ where they differ too much.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Values beyond the tolerance.
    pub n_values: usize,
    /// All values.
    pub of: usize,
    /// The worst one: x, y, channel.
    pub worst_at: (u32, u32, usize),
    /// What was got there.
    pub got: f32,
    /// What the twin says.
    pub expected: f32,
    /// Why the tolerance is what it is.
    pub reason: &'static str,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (x, y, channel) = self.worst_at;
        write!(
            f,
            "{} of {} values beyond the tolerance ({}); worst at {x},{y} channel {channel}: {} for {} (off by {:e})",
            self.n_values,
            self.of,
            self.reason,
            self.got,
            self.expected,
            self.got - self.expected
        )
    }
}

/// Compares a kernel's picture with its twin's.
///
/// # Errors
/// Where and by how much they differ.
///
/// # Panics
/// When the sizes differ.
pub fn compare(got: &RefImage, twin: &RefImage, tolerance: Tolerance) -> Result<(), Difference> {
    assert_eq!(got.size(), twin.size(), "sizes of kernel and twin");
    let mut difference: Option<Difference> = None;
    let width = got.size().width as usize;
    for (index, (a, b)) in got.pixels().iter().zip(twin.pixels()).enumerate() {
        for channel in 0..4 {
            if tolerance.allows(a[channel], b[channel]) {
                continue;
            }
            let here = Difference {
                n_values: 0,
                of: got.pixels().len() * 4,
                worst_at: ((index % width) as u32, (index / width) as u32, channel),
                got: a[channel],
                expected: b[channel],
                reason: tolerance.reason,
            };
            let worst = difference.get_or_insert_with(|| here.clone());
            let is_worse = (here.got - here.expected).abs() > (worst.got - worst.expected).abs() || here.got.is_nan();
            let n_values = worst.n_values + 1;
            if is_worse {
                *worst = here;
            }
            worst.n_values = n_values;
        }
    }
    difference.map_or(Ok(()), Err)
}

/// Peak signal-to-noise ratio of two sets of 8-bit samples in decibels; infinite when they are equal.
///
/// # Panics
/// When their lengths differ or they are empty.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len(), "number of samples");
    assert!(!a.is_empty(), "nothing to compare");
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0f64.powi(2) / (squares / a.len() as f64)).log10()
}

#[cfg(test)]
mod tests {
    use tintype_pixels::Size;

    use super::*;
    use crate::pictures;

    fn noise() -> RefImage {
        pictures::standard(Size::new(17, 13)).remove(3).1
    }

    #[test]
    fn equal_pictures_pass_and_wrong_ones_do_not() {
        let right = noise();
        assert_eq!(compare(&right, &right, Tolerance::EXACT), Ok(()));
        let mut n = 0;
        let wrong = right.map(|c| {
            n += 1;
            if n == 40 { [c[0], c[1] + 0.01, c[2], c[3]] } else { c }
        });
        let difference = compare(&wrong, &right, Tolerance::f16_stores(4)).expect_err("one value is wrong");
        assert_eq!((difference.n_values, difference.worst_at), (1, (5, 2, 1)));
    }

    #[test]
    fn not_a_number_never_passes() {
        let right = noise();
        let wrong = right.map(|c| [f32::NAN, c[1], c[2], c[3]]);
        let lenient = Tolerance { absolute: 1e9, relative: 1e9, reason: "anything" };
        assert!(compare(&wrong, &right, lenient).is_err());
    }

    #[test]
    #[should_panic(expected = "sizes")]
    fn other_sizes_never_pass() {
        let _ = compare(&noise(), &pictures::standard(Size::new(13, 17)).remove(3).1, Tolerance::EXACT);
    }

    #[test]
    fn psnr_of_one_code_everywhere() {
        assert!((psnr(&[10; 100], &[11; 100]) - 48.13).abs() < 0.01);
        assert_eq!(psnr(&[1, 2], &[1, 2]), f64::INFINITY);
    }
}
