//! The twin of `composite.wgsl`.

use tintype_pixels::{Layout, Planes, Size};

use super::{Composite, Mode, Repeat};
use crate::{
    ops::{Case, Exercised, Tolerance, Unpack},
    plan::Picture,
    reference::RefImage,
};

impl Exercised for Composite {
    fn cases() -> Vec<Case> {
        // Input 1 is a float picture with soft alpha, so that its unpacking is exact in both.
        let size = Size::new(23, 9);
        let layer = RefImage::from_fn(size, |x, y| {
            let a = ((x * 7 + y * 13) % 17) as f32 / 16.0;
            [a * x as f32 / 22.0, a * y as f32 / 8.0, a * 0.25, a]
        });
        let planes: Planes = layer.to_straight_f32();
        let composite = |mode, at, opacity, repeat| Composite {
            layer: Box::new(Picture { unpack: Unpack::plain(1, size, Layout::RGBA32F), steps: Vec::new() }),
            at,
            mode,
            opacity,
            repeat,
        };
        let both = Repeat { x: true, y: true };
        let mut all: Vec<_> = Mode::ALL
            .into_iter()
            .map(|mode| composite(mode, (5, -3), 0.75, Repeat::default()))
            .collect();
        all.push(composite(Mode::Over, (-7, 4), 1.0, both));
        all.push(composite(Mode::Over, (3, 2), 0.5, Repeat { x: true, y: false }));
        all.push(composite(Mode::Over, (1000, 1000), 1.0, Repeat::default()));
        all.into_iter()
            .map(|op| Case::new(op, Tolerance::f16_stores(2)).with_layers(vec![planes.clone()]))
            .collect()
    }

    fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage {
        let layer = self.layer.reference(inputs);
        let (width, height) = (layer.size().width as i32, layer.size().height as i32);
        RefImage::from_fn(input.size(), |x, y| {
            let below = input.at(x, y);
            let (mut lx, mut ly) = (x as i32 - self.at.0, y as i32 - self.at.1);
            if self.repeat.x {
                lx = lx.rem_euclid(width);
            }
            if self.repeat.y {
                ly = ly.rem_euclid(height);
            }
            if lx < 0 || ly < 0 || lx >= width || ly >= height {
                return below;
            }
            let over = layer.at(lx as u32, ly as u32).map(|v| v * self.opacity);
            let (s, d) = (over[3], below[3]);
            let (fs, fd) = match self.mode {
                Mode::Over => (1.0, 1.0 - s),
                Mode::In => (d, 0.0),
                Mode::Atop => (d, 1.0 - s),
                Mode::Out => (1.0 - d, 0.0),
                Mode::Xor => (1.0 - d, 1.0 - s),
                Mode::Lighter => (1.0, 1.0),
            };
            std::array::from_fn(|i| (over[i] * fs + below[i] * fd).min(1.0))
        })
    }
}
