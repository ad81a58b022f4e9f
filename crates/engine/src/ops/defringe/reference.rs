//! The twin of `defringe.wgsl` and `defringe.share.wgsl`.

use tintype_pixels::{Layout, Planes, Size};

use super::{Defringe, LEAST, RADII};
use crate::{
    ops::{Blur, Case, Exercised, Tolerance, Unpack},
    plan::Picture,
    reference::{RefImage, straight, unit},
};

/// Ten stores one after the other, and a difference of means: what they have in common cancels, their roundings do not.
const TOLERANCE: Tolerance =
    Tolerance { absolute: 6e-3, relative: 1e-2, reason: "ten roundings to half, two of them in a difference" };

impl Exercised for Defringe {
    fn cases() -> Vec<Case> {
        let size = Size::new(67, 41);
        let ramp = |x: u32, y: u32| ((x + 2 * y) as f32 / 80.0 - 0.3).clamp(0.0, 1.0);
        let hard = |x: u32, y: u32| ((x * 7 + y * 13) % 17) as f32 / 16.0;
        let all = |_, _| 1.0;
        let case = |factor: &dyn Fn(u32, u32) -> f32| {
            // Only the first channel counts.
            let factors = RefImage::from_fn(size, |x, y| [factor(x, y), 1.0 - factor(x, y), 0.25, 1.0]);
            let unpack = Unpack::plain(1, size, Layout::RGBA32F);
            let defringe = Defringe { matte: Box::new(Picture { unpack, steps: Vec::new() }) };
            Case::new(defringe, TOLERANCE).on(&[size]).with_layers(vec![factors.to_straight_f32()])
        };
        vec![case(&ramp), case(&hard), case(&all)]
    }

    fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage {
        let matte = self.matte.reference(inputs);
        let size = input.size();
        let kept_at = |x: u32, y: u32| unit(matte.at(x, y)[0]);
        let mut kept = RefImage::from_fn(size, |x, y| input.at(x, y).map(|v| v * kept_at(x, y)));
        let mut rest = RefImage::from_fn(size, |x, y| input.at(x, y).map(|v| v * (1.0 - kept_at(x, y))));
        for (round, radius) in RADII.into_iter().enumerate() {
            if round > 0 {
                rest = RefImage::from_fn(size, |x, y| mean(rest.at(x, y), 0.0).map(|v| v * (1.0 - kept_at(x, y))));
            }
            let blur = Blur::new(radius);
            let near = blur.reference(&kept, inputs);
            rest = blur.reference(&rest, inputs);
            kept = RefImage::from_fn(size, |x, y| {
                fused(input.at(x, y), kept_at(x, y), near.at(x, y), rest.at(x, y))
            });
        }
        kept
    }
}

/// The straight color of a mean, with an alpha of 1; nothing where there is no more weight than `least`.
fn mean(c: [f32; 4], least: f32) -> [f32; 4] {
    if c[3] <= least {
        return [0.0; 4];
    }
    let [r, g, b, _] = straight(c);
    [r, g, b, 1.0]
}

fn fused(c: [f32; 4], a: f32, near: [f32; 4], rest: [f32; 4]) -> [f32; 4] {
    let seen = straight(c);
    let or_seen = |of: [f32; 4]| if of[3] > LEAST { mean(of, LEAST) } else { seen };
    let (foreground, background) = (or_seen(near), or_seen(rest));
    let mut out = [a * c[3]; 4];
    for i in 0..3 {
        let unexplained = seen[i] - a * foreground[i] - (1.0 - a) * background[i];
        let color = (foreground[i] + a * unexplained).clamp(seen[i].min(0.0), seen[i].max(1.0));
        out[i] *= color;
    }
    out
}
