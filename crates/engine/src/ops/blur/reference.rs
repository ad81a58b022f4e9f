//! The twin of `blur.wgsl`: whole windows, no sliding.

use tintype_pixels::{Planes, Size};

use super::{Blur, Box1d};
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Blur {
    fn cases() -> Vec<Case> {
        let mut cases: Vec<_> = [0.5, 1.0, 3.0, 4.5]
            .map(|radius| Case::new(Blur::new(radius), Tolerance::f16_stores(4)))
            .into();
        let wide = [Size::new(131, 40), Size::new(7, 90)];
        cases.push(Case::new(Blur::new(250.0), Tolerance::f16_stores(4)).on(&wide));
        cases
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let mut image = input.clone();
        for (dx, dy) in [(1, 0), (0, 1)] {
            for b in self.boxes() {
                image = one(&image, b, dx, dy);
            }
        }
        image
    }
}

fn one(input: &RefImage, Box1d { half_width, fraction }: Box1d, dx: i64, dy: i64) -> RefImage {
    let half = i64::from(half_width);
    let scale = 1.0 / (2.0 * (half as f32 + fraction) + 1.0);
    RefImage::from_fn(input.size(), |x, y| {
        let load = |i: i64| input.clamped(i64::from(x) + i * dx, i64::from(y) + i * dy);
        let mut sum = [0.0; 4];
        for i in -half..=half {
            add(&mut sum, load(i), 1.0);
        }
        add(&mut sum, load(-half - 1), fraction);
        add(&mut sum, load(half + 1), fraction);
        sum.map(|v| v * scale)
    })
}

fn add(sum: &mut [f32; 4], c: [f32; 4], weight: f32) {
    for (s, v) in sum.iter_mut().zip(c) {
        *s += v * weight;
    }
}
