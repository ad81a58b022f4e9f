//! The twin of `resize.wgsl`: one output after the other, taps in the table's order.

use tintype_pixels::{Planes, Size};

use super::{Axis, Filter, GROUP, Resize, Stretch};
use crate::{
    ops::{Case, Exercised, Op, Tolerance},
    reference::{RefImage, saturate},
};

impl Exercised for Resize {
    fn cases() -> Vec<Case> {
        let mut cases = Vec::new();
        let mut add = |size: Size, axis, to, filter, saturate| {
            let line = if axis == Axis::X { size.width } else { size.height };
            let stretch = Stretch { line, start: 0.0, len: f64::from(line), to, filter };
            cases.push(Case::new(Resize { axis, stretch, saturate }, Tolerance::f16_stores(1)).on(&[size]));
        };
        for filter in Filter::ALL {
            add(Size::new(67, 31), Axis::X, 20, filter, false);
            add(Size::new(31, 67), Axis::Y, 131, filter, true);
        }
        for axis in [Axis::X, Axis::Y] {
            add(Size::new(1, 1), axis, 1, Filter::Lanczos3, true);
            add(Size::new(1, 1), axis, 9, Filter::Lanczos3, true);
            add(Size::new(129, 130), axis, 1, Filter::Lanczos3, true);
            add(Size::new(65, 5), axis, 4, Filter::Lanczos3, false);
        }
        let off = Stretch { line: 67, start: 10.25, len: 31.5, to: 17, filter: Filter::Lanczos3 };
        cases.push(
            Case::new(Resize { axis: Axis::X, stretch: off, saturate: true }, Tolerance::f16_stores(1))
                .on(&[Size::new(67, 3)]),
        );
        cases
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let weights = self.stretch.weights();
        RefImage::from_fn(self.output(input.size()), |x, y| {
            let (along, line) = if self.axis == Axis::X { (x, y) } else { (y, x) };
            let span = weights.spans[along as usize / GROUP];
            let mut sum = [0.0f32; 4];
            for i in 0..span.len {
                let tap = weights.taps[(span.taps + i) as usize][along as usize % GROUP];
                let at = span.start + i;
                let c = if self.axis == Axis::X { input.at(at, line) } else { input.at(line, at) };
                for (s, v) in sum.iter_mut().zip(c) {
                    *s += v * tap;
                }
            }
            if self.saturate { saturate(sum) } else { sum }
        })
    }
}
