//! The twin of `lab.point.wgsl`.

use tintype_pixels::Planes;

use super::Lab;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, straight},
};

impl Exercised for Lab {
    fn cases() -> Vec<Case> {
        // a* and b* are five and two times a difference of cube roots, so an error of `pow` counts five times.
        let tolerance = Tolerance { absolute: 1e-3, ..Tolerance::f16_stores(1).with_pow() };
        vec![Case::new(Lab, tolerance)]
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.map(|c| {
            let [r, g, b, a] = straight(c).map(|v| v.max(0.0));
            let x = (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47;
            let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b;
            let z = (0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83;
            let f = |t: f32| if t > 0.008_856_452 { t.cbrt() } else { t * 7.787_037 + 0.137_931_03 };
            let lab = [1.16 * f(y) - 0.16, 5.0 * (f(x) - f(y)), 2.0 * (f(y) - f(z))];
            [lab[0] * a, lab[1] * a, lab[2] * a, c[3]]
        })
    }
}
