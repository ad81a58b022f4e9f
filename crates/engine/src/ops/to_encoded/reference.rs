//! The twin of `to_encoded.point.wgsl`.

use tintype_pixels::{Planes, srgb_from_linear};

use super::ToEncoded;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, straight},
};

impl Exercised for ToEncoded {
    fn cases() -> Vec<Case> {
        vec![Case::new(ToEncoded, Tolerance::f16_stores(1).with_pow())]
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.map(|c| {
            let [r, g, b, a] = straight(c);
            let moved = [r, g, b].map(|v| srgb_from_linear(v) * a);
            [moved[0], moved[1], moved[2], a]
        })
    }
}
