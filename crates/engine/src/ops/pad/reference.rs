//! The twin of `pad.wgsl`.

use tintype_pixels::{Planes, Rect, Rgba, Size};

use super::Pad;
use crate::{
    Space,
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Pad {
    fn cases() -> Vec<Case> {
        let input = Size::new(17, 13);
        let color = Rgba { r: 0.25, g: 0.5, b: 1.0, a: 0.5 };
        [(Size::new(17, 13), (0, 0)), (Size::new(40, 13), (11, 0)), (Size::new(65, 33), (48, 20))]
            .into_iter()
            .filter_map(|(canvas, (x, y))| Pad::new(canvas, Rect::new(x, y, input), color, Space::Linear).ok())
            // The colour is rounded to half once.
            .map(|pad| Case::new(pad, Tolerance::f16_stores(1)).on(&[input]))
            .collect()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let Rect { x: left, y: top, size } = self.inner;
        RefImage::from_fn(self.canvas, |x, y| {
            let inside = x >= left && y >= top && x - left < size.width && y - top < size.height;
            if inside { input.at(x - left, y - top) } else { self.color }
        })
    }
}
