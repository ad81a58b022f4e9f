//! The twin of `background.point.wgsl`.

use tintype_pixels::{Planes, Rgba};

use super::Background;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Background {
    fn cases() -> Vec<Case> {
        let tints = [Rgba::WHITE, Rgba { r: 0.2, g: 0.5, b: 0.9, a: 0.5 }, Rgba::TRANSPARENT];
        tints.map(|color| Case::new(Background(color), Tolerance::f16_stores(1))).into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let under = self.0.encoded_premultiplied();
        input.map(|c| std::array::from_fn(|i| c[i] + under[i] * (1.0 - c[3])))
    }
}
