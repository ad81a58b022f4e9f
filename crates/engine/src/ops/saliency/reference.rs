//! The twin of `saliency.wgsl`: means over rectangles, no summed-area table.

use tintype_pixels::Planes;

use super::{SMOOTHING_PX, Saliency};
use crate::{
    ops::{Blur, Case, Exercised, Lab, Tolerance},
    reference::RefImage,
};

impl Exercised for Saliency {
    fn cases() -> Vec<Case> {
        let tolerance = Tolerance {
            absolute: 1e-3,
            relative: 1e-2,
            reason: "squares of small differences of sums, after pow",
        };
        vec![Case::new(Saliency, tolerance).in_single_precision()]
    }

    fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage {
        let lab = Lab.reference(input, inputs);
        let smooth = Blur::new(SMOOTHING_PX).reference(&lab, inputs);
        let size = smooth.size();
        RefImage::from_fn(size, |x, y| {
            let (rx, ry) = (x.min(size.width - 1 - x), y.min(size.height - 1 - y));
            let mut sum = [0.0f64; 3];
            for j in y - ry..=y + ry {
                for i in x - rx..=x + rx {
                    for (s, v) in sum.iter_mut().zip(smooth.at(i, j)) {
                        *s += f64::from(v);
                    }
                }
            }
            let area = f64::from((2 * rx + 1) * (2 * ry + 1));
            let c = smooth.at(x, y);
            let squared: f64 = (0..3).map(|i| (sum[i] / area - f64::from(c[i])).powi(2)).sum();
            [squared as f32, squared as f32, squared as f32, 1.0]
        })
    }
}
