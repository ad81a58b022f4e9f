//! Division by the quantisation steps, half rounded away from zero (jcdctmgr.c).

/// What becomes of a value between two steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// The nearest step, half away from zero, as in libjpeg.
    #[default]
    Nearest,
    /// The nearest step, but zero for AC values below 19/32 of one. What lies between a half and that costs more bits than
    /// the likeness it brings.
    DeadZone,
}

impl Rounding {
    /// For each place, in natural order, the least magnitude that does not become zero, of eight times a DCT coefficient. No value
    /// has a magnitude of 32768 or more.
    pub fn least(self, steps: &[u16; 64]) -> [u16; 64] {
        match self {
            Self::Nearest => [0; 64],
            Self::DeadZone => std::array::from_fn(|place| match place {
                0 => 0,
                _ => (19 * u32::from(steps[place])).div_ceil(4).min(32_768) as u16,
            }),
        }
    }
}

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

/// The reciprocals of a whole table, shaped for vectors of 16-bit lanes: the shift is a second multiplication of which
/// the upper half is kept, as in libjpeg-turbo.
pub(super) struct Reciprocals {
    multiplier: [u16; 64],
    correction: [u16; 64],
    scale: [u16; 64],
    least: [u16; 64],
}

impl Reciprocals {
    pub(super) fn new(steps: &[u16; 64], rounding: Rounding) -> Self {
        let table = Reciprocal::table(steps);
        Self {
            multiplier: table.map(|reciprocal| reciprocal.multiplier as u16),
            correction: table.map(|reciprocal| reciprocal.correction as u16),
            scale: table.map(|reciprocal| (1u32 << (32 - reciprocal.shift)) as u16),
            least: rounding.least(steps),
        }
    }

    /// A block, each value as [`Reciprocal::quantize`] would, if it is not too small.
    pub(super) fn quantize(&self, values: &[i16; 64]) -> [i16; 64] {
        let upper = |a: u16, b: u16| ((u32::from(a) * u32::from(b)) >> 16) as u16;
        std::array::from_fn(|i| {
            let sign = values[i] >> 15;
            let magnitude = ((values[i] ^ sign) - sign) as u16;
            let steps = upper(upper(magnitude + self.correction[i], self.multiplier[i]), self.scale[i]) as i16;
            let steps = if magnitude < self.least[i] { 0 } else { steps };
            (steps ^ sign) - sign
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_zone_takes_what_is_below_19_of_32_parts() {
        for step in [1, 2, 3, 4, 7, 16, 99, 255, 1000, 8191, 65535] {
            let table = Reciprocals::new(&[step; 64], Rounding::DeadZone);
            for value in -16384..=16384_i16 {
                let nearest = divide(i32::from(value), step);
                let is_small = 32 * i32::from(value).abs() < 19 * 8 * i32::from(step);
                let got = table.quantize(&[value; 64]);
                assert_eq!(got[0], nearest, "DC {value} in steps of {step}");
                assert_eq!(got[1..], [if is_small { 0 } else { nearest }; 63], "{value} in steps of {step}");
            }
        }
    }

    #[test]
    fn a_reciprocal_divides_exactly() {
        let steps = (1..=255).chain([256, 257, 1000, 4095, 4096, 4950, 6050, 8191, 8192, 32767, 65535]);
        for step in steps {
            let reciprocal = Reciprocal::new(step);
            let lanes = Reciprocals::new(&[step; 64], Rounding::Nearest);
            for value in -16384..=16384 {
                let exact = divide(value, step);
                assert_eq!(reciprocal.quantize(value), exact, "{value} in steps of {step}");
                if value % 64 == 0 {
                    let values: [i16; 64] = std::array::from_fn(|i| value as i16 + i as i16 - 32);
                    let exact = values.map(|value| divide(i32::from(value), step));
                    assert_eq!(lanes.quantize(&values), exact, "{value} in steps of {step}");
                }
            }
        }
    }
}
