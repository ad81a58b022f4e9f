//! Division by the quantisation steps, half rounded away from zero (jcdctmgr.c).

/// `value`, which is eight times a DCT coefficient, in steps of `step`.
pub fn divide(value: i32, step: u16) -> i16 {
    let divisor = 8 * i32::from(step);
    let magnitude = (value.abs() + divisor / 2) / divisor;
    (if value < 0 { -magnitude } else { magnitude }) as i16
}

/// The same without a division, for values of at most 2^14 either way: `(|value| + correction) * multiplier >> shift`, in 32 bits.
///
/// After "Integer Division Using Reciprocals" (Robert Alverson, 1991) with 16-bit reciprocals, as in libjpeg-turbo.
/// Equal to [`divide`] for all values and steps, which a test goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reciprocal {
    /// 2^shift over the divisor, rounded: below 2^16.
    pub multiplier: u32,
    /// Half the divisor, and one more where `multiplier` was rounded down.
    pub correction: u32,
    /// 17 to 31.
    pub shift: u32,
}

impl Reciprocal {
    /// That of a quantisation step, 1 to 65535.
    pub fn new(step: u16) -> Self {
        // From 4097 on every value becomes zero; more than 8191 would not fit.
        let divisor = 8 * u32::from(step.clamp(1, 8191));
        let shift = 16 + divisor.ilog2();
        let (multiplier, rest) = ((1u64 << shift) / u64::from(divisor), (1u64 << shift) % u64::from(divisor));
        let half = divisor / 2;
        let multiplier = multiplier as u32;
        match rest as u32 {
            0 => Self { multiplier: multiplier / 2, correction: half, shift: shift - 1 },
            rest if rest <= half => Self { multiplier, correction: half + 1, shift },
            _ => Self { multiplier: multiplier + 1, correction: half, shift },
        }
    }

    /// Those of a whole table.
    pub fn table(steps: &[u16; 64]) -> [Self; 64] {
        steps.map(Self::new)
    }

    /// `value`, which is eight times a DCT coefficient, in steps.
    pub fn quantize(self, value: i32) -> i16 {
        let magnitude = (((value.unsigned_abs() + self.correction) * self.multiplier) >> self.shift) as i32;
        (if value < 0 { -magnitude } else { magnitude }) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reciprocal_divides_exactly() {
        let steps = (1..=255).chain([256, 257, 1000, 4095, 4096, 4950, 6050, 8191, 8192, 32767, 65535]);
        for step in steps {
            let reciprocal = Reciprocal::new(step);
            for value in -16384..=16384 {
                assert_eq!(reciprocal.quantize(value), divide(value, step), "{value} in steps of {step}");
            }
        }
    }
}
