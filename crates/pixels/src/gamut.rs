//! Which colors working images can have: the primaries that their red, green and blue stand for.

use crate::{Rgba, SourceColor, linear_from_srgb, srgb_from_linear};

/// Primaries, as how linear light in them becomes linear light in sRGB's. White is the same in both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamut {
    srgb_from: [[f32; 3]; 3],
    from_srgb: [[f32; 3]; 3],
}

impl Default for Gamut {
    fn default() -> Self {
        Self::SRGB
    }
}

impl Gamut {
    /// sRGB's own.
    pub const SRGB: Self = Self { srgb_from: SourceColor::IDENTITY, from_srgb: SourceColor::IDENTITY };

    /// Primaries of which `srgb_from` leads to sRGB's. `None` where it leads nowhere: not to be inverted, or with another
    /// white.
    pub fn new(srgb_from: [[f32; 3]; 3]) -> Option<Self> {
        let keeps_white = srgb_from.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3);
        let m = srgb_from.map(|row| row.map(f64::from));
        let minor = |r: usize, c: usize| {
            let [r1, r2, c1, c2] = [(r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3];
            m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
        };
        let determinant: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
        let from_srgb = std::array::from_fn(|r| std::array::from_fn(|c| (minor(c, r) / determinant) as f32));
        (keeps_white && determinant.abs() > 1e-3).then_some(Self { srgb_from, from_srgb })
    }

    /// Whether these are sRGB's.
    pub fn is_srgb(&self) -> bool {
        *self == Self::SRGB
    }

    /// The matrix to sRGB's primaries.
    pub fn srgb_from(&self) -> [[f32; 3]; 3] {
        self.srgb_from
    }

    /// The matrix from sRGB's primaries.
    pub fn from_srgb(&self) -> [[f32; 3]; 3] {
        self.from_srgb
    }

    /// The matrix to these primaries from those of which `srgb_from_source` leads to sRGB's; exactly the identity where
    /// they are the same.
    pub fn matrix(&self, srgb_from_source: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
        if srgb_from_source == self.srgb_from {
            return SourceColor::IDENTITY;
        }
        if self.is_srgb() {
            return srgb_from_source;
        }
        self.from_srgb.map(|row| {
            std::array::from_fn(|c| {
                (0..3).map(|k| f64::from(row[k]) * f64::from(srgb_from_source[k][c])).sum::<f64>() as f32
            })
        })
    }

    /// The same color in these primaries, with sRGB's curve. What lies outside of them is negative or above 1.
    pub fn color(&self, color: Rgba) -> Rgba {
        if self.is_srgb() {
            return color;
        }
        let linear = [color.r, color.g, color.b].map(linear_from_srgb);
        let [r, g, b] = self.from_srgb.map(|row| srgb_from_linear(row.iter().zip(linear).map(|(m, v)| m * v).sum()));
        Rgba { r, g, b, a: color.a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CSS Color 4, sample code: lin_P3 to XYZ times XYZ to lin_sRGB.
    const P3: [[f32; 3]; 3] = [
        [1.224_940_2, -0.224_940_2, 0.0],
        [-0.042_056_95, 1.042_057, 0.0],
        [-0.019_637_55, -0.078_636_05, 1.098_273_6],
    ];

    #[test]
    fn colors_keep_their_look() {
        let p3 = Gamut::new(P3).expect("can be inverted");
        // CSS Color 4: color(srgb 1 0 0) is color(display-p3 0.9175 0.2003 0.1386).
        let red = p3.color(Rgba { r: 1.0, g: 0.0, b: 0.0, a: 0.5 });
        for (got, expected) in [red.r, red.g, red.b, red.a].into_iter().zip([0.9175, 0.2003, 0.1386, 0.5]) {
            assert!((got - expected).abs() < 1e-3, "{red:?}");
        }
        for gray in [0.0, 0.5, 1.0] {
            let color = p3.color(Rgba { r: gray, g: gray, b: gray, a: 1.0 });
            assert!([color.r, color.g, color.b].iter().all(|v| (v - gray).abs() < 1e-4), "{color:?}");
        }
        assert_eq!(p3.matrix(P3), SourceColor::IDENTITY);
        assert_eq!(p3.matrix(SourceColor::IDENTITY), p3.from_srgb());
        assert_eq!(Gamut::SRGB.matrix(P3), P3);
    }

    #[test]
    fn what_is_no_gamut_is_none() {
        for matrix in [[[0.0; 3]; 3], [[1.0, 0.0, 0.0]; 3], [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]] {
            assert_eq!(Gamut::new(matrix), None, "{matrix:?}");
        }
    }
}
