//! A glyph's outline as straight lines in pixels, and the box and the work that follow from them.

use skrifa::{DrawMemory, GlyphId, ScalerFont, font::glyph::outline::PathSink};

/// A point in pixels, y downwards, from the glyph's origin.
pub(crate) type Point = [f32; 2];

/// A glyph's closed contours as line segments.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) segments: Vec<[Point; 2]>,
    /// The least corner of all points; only where there are segments.
    pub(crate) min: Point,
    /// The greatest.
    pub(crate) max: Point,
    /// Pixels along all segments, across plus down: what drawing them costs.
    pub(crate) length_px: f32,
}

impl Outline {
    /// The outline of `glyph` with `px_from_units` pixels per unit of the design space; empty where the font has none or
    /// a damaged one. `None` when it has more than `most` segments.
    pub(crate) fn new(scaler: &ScalerFont, glyph: GlyphId, px_from_units: f32, most: usize) -> Option<Self> {
        let mut pen = Pen { scale: px_from_units, most, ..Pen::default() };
        if let Some(outline) = scaler.outline(glyph)
            && outline.draw(DrawMemory::Scratch, &mut pen).is_err()
        {
            return Some(Self::default());
        }
        PathSink::close(&mut pen);
        (!pen.full).then_some(pen.outline)
    }
}

/// Collects flattened curves.
#[derive(Default)]
struct Pen {
    outline: Outline,
    scale: f32,
    most: usize,
    /// Whether there were more segments than `most`.
    full: bool,
    start: Point,
    at: Point,
}

impl Pen {
    fn point(&self, x: f32, y: f32) -> Point {
        [x * self.scale, -y * self.scale]
    }

    fn line(&mut self, to: Point) {
        let from = std::mem::replace(&mut self.at, to);
        if from == to {
            return;
        }
        if self.outline.segments.len() >= self.most {
            self.full = true;
            return;
        }
        let outline = &mut self.outline;
        if outline.segments.is_empty() {
            (outline.min, outline.max) = (from, from);
        }
        for axis in 0..2 {
            outline.min[axis] = outline.min[axis].min(from[axis]).min(to[axis]);
            outline.max[axis] = outline.max[axis].max(from[axis]).max(to[axis]);
            outline.length_px += (from[axis] - to[axis]).abs();
        }
        outline.segments.push([from, to]);
    }

    /// Lines along a curve whose second differences are at most `bend` pixels, so few that they leave it by at most
    /// `1 / 32` px: a curve of degree `d` leaves the chords of `n` equal steps by `d (d - 1) / 8 x bend / n^2`.
    fn curve(&mut self, bend: f32, degree: f32, at: impl Fn(f32) -> Point, end: Point) {
        const STEPS_PER_PX: f32 = 32.0;
        const MOST_STEPS: f32 = 256.0;
        let steps = (degree * (degree - 1.0) / 8.0 * bend * STEPS_PER_PX).sqrt().ceil().clamp(1.0, MOST_STEPS) as u32;
        for step in 1..steps {
            self.line(at(step as f32 / steps as f32));
        }
        self.line(end);
    }
}

/// The length of `a - 2 b + c`. By `sqrt`, which is the same on every machine; `hypot` is not.
fn second_difference(a: Point, b: Point, c: Point) -> f32 {
    let along = |axis: usize| a[axis] - 2.0 * b[axis] + c[axis];
    (along(0).powi(2) + along(1).powi(2)).sqrt()
}

fn between(a: Point, b: Point, t: f32) -> Point {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

impl PathSink for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        self.start = self.point(x, y);
        self.at = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.line(to);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let (from, control, to) = (self.at, self.point(cx0, cy0), self.point(x, y));
        let at = |t| between(between(from, control, t), between(control, to, t), t);
        self.curve(second_difference(from, control, to), 2.0, at, to);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (a, b, c, d) = (self.at, self.point(cx0, cy0), self.point(cx1, cy1), self.point(x, y));
        let quad = |a, b, c, t| between(between(a, b, t), between(b, c, t), t);
        let bend = second_difference(a, b, c).max(second_difference(b, c, d));
        self.curve(bend, 3.0, |t| between(quad(a, b, c, t), quad(b, c, d, t), t), d);
    }

    fn close(&mut self) {
        self.line(self.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_stay_near_their_chords() {
        // A quarter of a circle of 100 px, as the usual cubic; all points must be 100 px from the center, +- 0.03 %.
        const KAPPA: f32 = 55.228_475;
        let mut pen = Pen { scale: 1.0, most: 1000, ..Pen::default() };
        pen.move_to(100.0, 0.0);
        pen.curve_to(100.0, KAPPA, KAPPA, 100.0, 0.0, 100.0);
        let n = pen.outline.segments.len();
        assert!((8..64).contains(&n), "{n} segments");
        for [a, b] in &pen.outline.segments {
            let middle = between(*a, *b, 0.5);
            let distance = middle[0].hypot(middle[1]);
            assert!((99.96..100.03).contains(&distance), "{distance}");
        }
        assert_eq!((pen.outline.min, pen.outline.max), ([0.0, -100.0], [100.0, 0.0]));
    }

    #[test]
    fn contours_close_and_segments_are_counted() {
        let triangle = |most| {
            let mut pen = Pen { scale: 2.0, most, ..Pen::default() };
            pen.move_to(0.0, 0.0);
            pen.line_to(1.0, 0.0);
            pen.line_to(0.0, 1.0);
            pen.close();
            pen
        };
        assert_eq!(triangle(3).outline.segments.last(), Some(&[[0.0, -2.0], [0.0, 0.0]]));
        assert_eq!(triangle(3).outline.length_px, 8.0);
        assert!(!triangle(3).full && triangle(2).full);
    }
}
