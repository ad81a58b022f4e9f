//! The twin of `crop.wgsl`.

use tintype_pixels::{Planes, Rect, Size};

use super::Crop;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Crop {
    fn cases() -> Vec<Case> {
        let input = Size::new(67, 41);
        [Rect::whole(input), Rect::new(66, 40, Size::new(1, 1)), Rect::new(3, 5, Size::new(61, 2))]
            .into_iter()
            .filter_map(|rect| Crop::new(input, rect).ok())
            .map(|crop| Case::new(crop, Tolerance::EXACT).on(&[input]))
            .collect()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        RefImage::from_fn(self.rect.size, |x, y| input.at(self.rect.x + x, self.rect.y + y))
    }
}
