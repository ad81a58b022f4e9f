//! The twin of `border_box.wgsl`.

use tintype_pixels::{Planes, Rgba, Size, srgb_from_linear};

use super::BorderBox;
use crate::{
    Space,
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, straight},
};

impl Exercised for BorderBox {
    fn cases() -> Vec<Case> {
        let of = |color, tolerance| BorderBox { color, tolerance, space: Space::Linear };
        let black = Rgba { r: 0.0, g: 0.0, b: 0.0, a: 1.0 };
        [of(None, 10.0), of(Some(black), 0.0), of(Some(Rgba::WHITE), 60.0), of(Some(black), 255.0)]
            .map(|op| Case::new(op, Tolerance::EXACT).in_single_precision())
            .into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let encoded = |c: [f32; 4]| {
            if self.space == Space::Encoded {
                return c;
            }
            let [r, g, b, a] = straight(c);
            [srgb_from_linear(r) * a, srgb_from_linear(g) * a, srgb_from_linear(b) * a, c[3]]
        };
        let border = self.color.map_or_else(|| encoded(input.at(0, 0)), Rgba::encoded_premultiplied);
        let tolerance = (self.tolerance + 0.5) / 255.0;
        let (mut low, mut high) = ([16_777_216.0f32; 2], [0.0f32; 2]);
        let Size { width, height } = input.size();
        for y in 0..height {
            for x in 0..width {
                let c = encoded(input.at(x, y));
                if c.iter().zip(border).any(|(v, b)| (v - b).abs() > tolerance) {
                    low = [low[0].min(x as f32), low[1].min(y as f32)];
                    high = [high[0].max(x as f32 + 1.0), high[1].max(y as f32 + 1.0)];
                }
            }
        }
        RefImage::from_fn(Size::new(2, 1), |x, _| {
            let [a, b] = if x == 0 { low } else { high };
            [a, b, 0.0, 1.0]
        })
    }
}
