//! The twin of `orient.wgsl`.

use tintype_pixels::{Planes, Orientation};

use super::Orient;
use crate::{
    ops::{Case, Exercised, Op, Tolerance},
    reference::RefImage,
};

impl Exercised for Orient {
    fn cases() -> Vec<Case> {
        Orientation::ALL.map(|orientation| Case::new(Orient(orientation), Tolerance::EXACT)).into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let size = input.size();
        let back = self.0.inverse();
        RefImage::from_fn(self.output(size), |x, y| {
            let (x, y) = back.map(self.output(size), x, y);
            input.at(x, y)
        })
    }
}
