//! The twin of `matte.wgsl`.

use tintype_pixels::{Layout, Planes, Size};

use super::Matte;
use crate::{
    ops::{Case, Exercised, Tolerance, Unpack},
    plan::Picture,
    reference::RefImage,
};

impl Exercised for Matte {
    fn cases() -> Vec<Case> {
        let size = Size::new(67, 41);
        // Only the first channel counts.
        let factors = RefImage::from_fn(size, |x, y| {
            let factor = ((x * 7 + y * 13) % 17) as f32 / 16.0;
            [factor, 1.0 - factor, 0.25, 1.0]
        });
        let matte = Matte {
            matte: Box::new(Picture { unpack: Unpack::plain(1, size, Layout::RGBA32F), steps: Vec::new() }),
        };
        vec![Case::new(matte, Tolerance::f16_stores(1)).on(&[size]).with_layers(vec![factors.to_straight_f32()])]
    }

    fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage {
        let matte = self.matte.reference(inputs);
        RefImage::from_fn(input.size(), |x, y| input.at(x, y).map(|v| v * matte.at(x, y)[0]))
    }
}
