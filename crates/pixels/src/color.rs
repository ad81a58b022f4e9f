//! What numbers in a pixel mean: the sRGB curve, and how a source's numbers become linear light with sRGB's primaries.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A colour as callers give it: sRGB-encoded, straight alpha, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgba {
    /// Red.
    pub r: f32,
    /// Green.
    pub g: f32,
    /// Blue.
    pub b: f32,
    /// Opacity; 1 covers.
    pub a: f32,
}

impl Rgba {
    /// Opaque white.
    pub const WHITE: Self = Self { r: 1.0, g: 1.0, b: 1.0, a: 1.0 };
    /// Nothing at all.
    pub const TRANSPARENT: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 0.0 };

    /// The colour in linear light, premultiplied by its alpha.
    pub fn linear_premultiplied(self) -> [f32; 4] {
        let linear = |v| linear_from_srgb(v) * self.a;
        [linear(self.r), linear(self.g), linear(self.b), self.a]
    }

    /// The colour as it is encoded, premultiplied by its alpha.
    pub fn encoded_premultiplied(self) -> [f32; 4] {
        [self.r * self.a, self.g * self.a, self.b * self.a, self.a]
    }
}

/// Linear light from an sRGB-encoded value, 0 to 1 (IEC 61966-2-1). Odd about zero, so negative values survive.
pub fn linear_from_srgb(v: f32) -> f32 {
    let m = v.abs();
    let linear = if m <= 0.040_45 { m / 12.92 } else { ((m + 0.055) / 1.055).powf(2.4) };
    linear.copysign(v)
}

/// The sRGB encoding of linear light, 0 to 1 (IEC 61966-2-1). Odd about zero.
pub fn srgb_from_linear(v: f32) -> f32 {
    let m = v.abs();
    let encoded = if m <= 0.003_130_8 { m * 12.92 } else { 1.055 * m.powf(1.0 / 2.4) - 0.055 };
    encoded.copysign(v)
}

/// How a source's samples become linear light with sRGB's primaries: one curve per channel, then a matrix; or by a table.
///
/// Curves and matrix cover sRGB itself and every matrix/TRC profile (Display P3, Adobe RGB, ProPhoto, cameras). A gray
/// source has three equal curves. Values outside sRGB's gamut come out negative or above 1 and are kept until the end.
#[derive(Clone, PartialEq)]
pub struct SourceColor {
    /// The profile's name for people, for example `sRGB` or `Display P3`.
    pub name: Arc<str>,
    /// Linear light for each code of red, green and blue, spaced evenly from 0 to full scale.
    pub curves: Arc<[[f32; Self::CURVE_LEN]; 3]>,
    /// Rows of the matrix from the source's linear primaries to sRGB's; identity for sRGB.
    pub srgb_from_source: [[f32; 3]; 3],
    /// What takes the place of curves and matrix where a profile is a table: printers, scanners, inks.
    pub table: Option<Arc<ColorTable>>,
}

/// Colors at evenly spaced device values, to be interpolated in tetrahedra.
#[derive(Clone, PartialEq)]
pub struct ColorTable {
    inputs: u32,
    side: u32,
    entries: Vec<f32>,
}

impl fmt::Debug for ColorTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ColorTable({} inputs, {} nodes)", self.inputs, self.side)
    }
}

impl ColorTable {
    /// `inputs` is 3 for red, green and blue, or 4 for cyan, magenta, yellow and black, where 0 is no ink; `side` is the number
    /// of nodes along each axis, at least 2. An entry is an sRGB-encoded color, which may be negative or above 1. The last
    /// color runs fastest, but black slowest. `None` where there are not as many entries as that takes.
    pub fn new(inputs: u32, side: u32, entries: Vec<f32>) -> Option<Self> {
        let nodes = (side as usize).checked_pow(inputs)?;
        let is_whole = (3..=4).contains(&inputs) && side >= 2 && nodes.checked_mul(3)? == entries.len();
        (is_whole && entries.iter().all(|v| v.is_finite())).then_some(Self { inputs, side, entries })
    }

    /// 3 for red, green and blue, 4 for inks.
    pub fn inputs(&self) -> u32 {
        self.inputs
    }

    /// Nodes along each axis.
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Three numbers for each node.
    pub fn entries(&self) -> &[f32] {
        &self.entries
    }
}

impl fmt::Debug for SourceColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceColor({:?} {:?})", self.name, self.srgb_from_source)
    }
}

impl SourceColor {
    /// Entries of a curve: `255 * 16 + 1`, so that every 8-bit code meets an entry exactly and 16-bit ones interpolate.
    pub const CURVE_LEN: usize = 255 * 16 + 1;

    /// The matrix that changes nothing.
    pub const IDENTITY: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    /// What a picture without a profile is taken to be.
    pub fn srgb() -> Self {
        static SRGB: OnceLock<Arc<[[f32; SourceColor::CURVE_LEN]; 3]>> = OnceLock::new();
        let curves = SRGB.get_or_init(|| {
            let curve = std::array::from_fn(|i| linear_from_srgb(i as f32 / (Self::CURVE_LEN - 1) as f32));
            Arc::new([curve; 3])
        });
        Self { name: "sRGB".into(), curves: curves.clone(), srgb_from_source: Self::IDENTITY, table: None }
    }

    /// Whether this is exactly [`SourceColor::srgb`].
    pub fn is_srgb(&self) -> bool {
        self.table.is_none() && self.srgb_from_source == Self::IDENTITY && self.curves == Self::srgb().curves
    }

    /// Whether samples are cyan, magenta, yellow and black.
    pub fn is_ink(&self) -> bool {
        self.table.as_ref().is_some_and(|table| table.inputs() == 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_and_its_inverse_agree() {
        for code in 0..=255u8 {
            let v = f32::from(code) / 255.0;
            assert!((srgb_from_linear(linear_from_srgb(v)) - v).abs() < 1e-6, "{code}");
        }
        assert_eq!(linear_from_srgb(1.0), 1.0);
        assert_eq!(linear_from_srgb(0.0), 0.0);
    }

    #[test]
    fn every_eight_bit_code_meets_an_entry() {
        let srgb = SourceColor::srgb();
        for code in 0..=255usize {
            assert_eq!(srgb.curves[1][code * 16], linear_from_srgb((code * 16) as f32 / 4080.0));
        }
    }
}
