//! The twin of `gamma.point.wgsl`.

use tintype_pixels::Planes;

use super::Gamma;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, straight},
};

impl Exercised for Gamma {
    fn cases() -> Vec<Case> {
        [0.5, 1.0, 2.2].map(|exponent| Case::new(Gamma(exponent), Tolerance::f16_stores(1).with_pow())).into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.map(|c| {
            let [r, g, b, a] = straight(c);
            let raised = [r, g, b].map(|v| v.max(1e-9).powf(self.0) * a);
            [raised[0], raised[1], raised[2], a]
        })
    }
}
