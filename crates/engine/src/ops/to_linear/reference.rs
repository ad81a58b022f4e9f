//! The twin of `to_linear.point.wgsl`.

use tintype_pixels::{Planes, linear_from_srgb};

use super::ToLinear;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, straight},
};

impl Exercised for ToLinear {
    fn cases() -> Vec<Case> {
        vec![Case::new(ToLinear, Tolerance::f16_stores(1).with_pow())]
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.map(|c| {
            let [r, g, b, a] = straight(c);
            let moved = [r, g, b].map(|v| linear_from_srgb(v) * a);
            [moved[0], moved[1], moved[2], a]
        })
    }
}
