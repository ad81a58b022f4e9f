//! From placed outlines to coverage, and from coverage to a picture.
//!
//! Coverage is the exact area of a pixel that lies inside a glyph (nonzero winding, as far as a sum of signed areas tells
//! it). Each glyph is drawn by itself and added to what is there, up to full: shapes that touch leave no seam, shapes
//! that overlap stay full.

use std::collections::{HashMap, hash_map::Entry};

use skrifa::ScalerFont;
use tintype_pixels::{Layout, Planes, Rgba, Size};

use crate::{
    Font, Limits, TextError,
    layout::Page,
    outline::{Outline, Point},
};

/// Segments of all different glyphs together: 16 MiB. A thousand Chinese characters have about 200,000.
const MOST_SEGMENTS: usize = 1 << 20;

/// How much of each pixel is inked; 255 is all of it.
#[derive(Debug)]
pub(crate) struct Mask {
    size: Size,
    coverage: Vec<u8>,
}

/// Draws the glyphs of `page` into its box, grown by what hangs out of it.
pub(crate) fn draw(page: &Page, fonts: &[&Font], size_px: f32, limits: &Limits) -> Result<Mask, TextError> {
    let scalers: Vec<ScalerFont> = fonts.iter().map(|font| font.scaler()).collect();
    let mut outlines = HashMap::new();
    let mut segments_left = MOST_SEGMENTS;
    // The box: from the page's corner, and never without a pixel.
    let (mut min, mut max) = ([0.0f32; 2], [page.width.max(1.0), page.height.max(1.0)]);
    let mut work_px = 0.0;
    for placed in &page.glyphs {
        let outline = match outlines.entry((placed.font, placed.glyph)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let px_from_units = size_px / fonts[placed.font].units_per_em();
                let outline = Outline::new(&scalers[placed.font], placed.glyph, px_from_units, segments_left)
                    .ok_or(TextError::TooComplex { detail: "too many segments in their outlines" })?;
                segments_left -= outline.segments.len();
                new.insert(outline)
            }
        };
        if outline.segments.is_empty() {
            continue;
        }
        let at = [placed.x, placed.y];
        for axis in 0..2 {
            min[axis] = min[axis].min(outline.min[axis] + at[axis]);
            max[axis] = max[axis].max(outline.max[axis] + at[axis]);
        }
        let area = (outline.max[0] - outline.min[0] + 2.0) * (outline.max[1] - outline.min[1] + 2.0);
        work_px += f64::from(area) + f64::from(outline.length_px) + outline.segments.len() as f64;
    }

    // Ink that hangs out by less than a step of coverage needs no pixel.
    const STEP: f32 = 1.0 / 256.0;
    let corner = min.map(|v| (v + STEP).floor());
    let side = |axis: usize| f64::from((max[axis] - STEP).ceil()) - f64::from(corner[axis]);
    let limit = f64::from(limits.side_px);
    if !(side(0) <= limit && side(1) <= limit) {
        return Err(TextError::PictureTooLarge {
            width: side(0) as u64,
            height: side(1) as u64,
            limit: limits.side_px,
        });
    }
    if work_px > limits.work_px() as f64 {
        return Err(TextError::TooComplex { detail: "the outlines cover too large an area" });
    }

    let size = Size::new(side(0) as u32, side(1) as u32);
    let mut mask = Mask { size, coverage: vec![0; size.area() as usize] };
    let mut areas = Areas::default();
    for placed in &page.glyphs {
        let outline = &outlines[&(placed.font, placed.glyph)];
        if !outline.segments.is_empty() {
            areas.draw(outline, [placed.x - corner[0], placed.y - corner[1]], &mut mask);
        }
    }
    Ok(mask)
}

/// The picture of `mask` in `color`.
pub(crate) fn paint(mask: &Mask, color: Rgba) -> Planes {
    // `as` saturates, and takes what is no number as 0.
    let [r, g, b] = [color.r, color.g, color.b].map(|v| (v * 255.0).round() as u8);
    let opacity = color.a.clamp(0.0, 1.0);
    let pixel = |&coverage: &u8| match (f32::from(coverage) * opacity).round() as u8 {
        0 => [0; 4],
        alpha => [r, g, b, alpha],
    };
    let bytes = mask.coverage.iter().flat_map(pixel).collect();
    Planes::new(mask.size, Layout::RGBA8, bytes).expect("four bytes for each pixel of the mask")
}

/// Working memory for one glyph: the change of signed coverage from each pixel to its right neighbor.
#[derive(Default)]
struct Areas {
    /// Of a row; the box's pixels and one more, into which the last one's change goes.
    stride: usize,
    changes: Vec<f32>,
}

impl Areas {
    /// Adds the coverage of `outline` with its origin at `at`.
    fn draw(&mut self, outline: &Outline, at: Point, mask: &mut Mask) {
        let (width, height) = (mask.size.width as usize, mask.size.height as usize);
        // The glyph's box within the mask. Nothing but fractions of a step lies outside; those are pressed to the edge.
        let first = |axis: usize, side: usize| ((outline.min[axis] + at[axis]).max(0.0) as usize).min(side - 1);
        let last = |axis: usize, side: usize| ((outline.max[axis] + at[axis]).max(0.0) as usize).min(side - 1);
        let (left, top) = (first(0, width), first(1, height));
        let (columns, rows) = (last(0, width) - left + 1, last(1, height) - top + 1);
        self.stride = columns + 1;
        self.changes.clear();
        self.changes.resize(self.stride * rows, 0.0);

        let inside = |point: Point| {
            [
                (point[0] + at[0] - left as f32).clamp(0.0, columns as f32),
                (point[1] + at[1] - top as f32).clamp(0.0, rows as f32),
            ]
        };
        for [from, to] in &outline.segments {
            self.line(inside(*from), inside(*to));
        }
        for (row, changes) in self.changes.chunks_exact(self.stride).enumerate() {
            let start = (top + row) * width + left;
            let mut sum = 0.0f32;
            for (covered, change) in mask.coverage[start..start + columns].iter_mut().zip(changes) {
                sum += change;
                *covered = covered.saturating_add((sum.abs().min(1.0) * 255.0).round() as u8);
            }
        }
    }

    /// Notes what lies to the right of a line: downwards positive, upwards negative. Both ends lie within the box.
    fn line(&mut self, from: Point, to: Point) {
        let (sign, upper, lower) = if from[1] < to[1] { (1.0, from, to) } else { (-1.0, to, from) };
        let height = lower[1] - upper[1];
        if height <= 0.0 {
            return;
        }
        let slope = (lower[0] - upper[0]) / height;
        // Rounding must not carry the line out of the columns that its ends lie in.
        let (least, most) = (upper[0].min(lower[0]), upper[0].max(lower[0]));
        let x_at = |y: f32| (upper[0] + (y - upper[1]) * slope).clamp(least, most);
        let rows = self.changes.len() / self.stride;
        for row in upper[1] as usize..(lower[1].ceil() as usize).min(rows) {
            let y0 = upper[1].max(row as f32);
            let y1 = lower[1].min((row + 1) as f32);
            let (x0, x1) = (x_at(y0), x_at(y1));
            self.row(row, sign * (y1 - y0), x0.min(x1), x0.max(x1));
        }
    }

    /// Within one row: a line from `x0` to `x1` that is `height` high, with its sign.
    fn row(&mut self, row: usize, height: f32, x0: f32, x1: f32) {
        let changes = &mut self.changes[row * self.stride..][..self.stride];
        let last = changes.len() - 2;
        let (first, end) = ((x0 as usize).min(last), (x1 as usize).min(last));
        for column in first..=end {
            // The piece of the line within this column: its share of the height, and how far right it lies on average.
            let (a, b) = (x0.max(column as f32), x1.min((column + 1) as f32));
            let share = if first == end { height } else { height * (b - a).max(0.0) / (x1 - x0) };
            let right = (a + b) / 2.0 - column as f32;
            changes[column] += share * (1.0 - right);
            changes[column + 1] += share * right;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::Placed;

    /// The coverage of a polygon in a picture of 8x8.
    fn coverage(points: &[Point]) -> Vec<u8> {
        let mut outline = Outline { min: [f32::MAX; 2], max: [f32::MIN; 2], ..Outline::default() };
        for (index, from) in points.iter().enumerate() {
            outline.segments.push([*from, points[(index + 1) % points.len()]]);
            outline.min = [outline.min[0].min(from[0]), outline.min[1].min(from[1])];
            outline.max = [outline.max[0].max(from[0]), outline.max[1].max(from[1])];
        }
        let mut mask = Mask { size: Size::new(8, 8), coverage: vec![0; 64] };
        Areas::default().draw(&outline, [0.0; 2], &mut mask);
        mask.coverage
    }

    fn rectangle(x0: f32, y0: f32, x1: f32, y1: f32) -> [Point; 4] {
        [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    #[test]
    fn pixels_are_covered_by_area() {
        let found = coverage(&rectangle(1.0, 2.0, 3.5, 4.25));
        for y in 0..8 {
            for x in 0..8 {
                let across = [0.0, 1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0][x];
                let down = [0.0, 0.0, 1.0, 1.0, 0.25, 0.0, 0.0, 0.0][y];
                assert_eq!(found[y * 8 + x], (across * down * 255.0_f32).round() as u8, "({x}, {y})");
            }
        }
        // Half of each pixel on the diagonal.
        let triangle = coverage(&[[0.0, 0.0], [8.0, 8.0], [0.0, 8.0]]);
        for y in 0..8 {
            for x in 0..8usize {
                let expected = [255, 128, 0][1 + usize::from(x > y) - usize::from(x < y)];
                assert_eq!(triangle[y * 8 + x], expected, "({x}, {y})");
            }
        }
    }

    #[test]
    fn either_direction_and_the_very_edge_are_covered() {
        let mut points = rectangle(0.0, 0.0, 8.0, 8.0);
        assert_eq!(coverage(&points), [255; 64]);
        points.reverse();
        assert_eq!(coverage(&points), [255; 64]);
    }

    proptest! {
        #[test]
        fn the_sum_of_coverage_is_the_area(points in prop::array::uniform3((0.0f32..8.0, 0.0f32..8.0))) {
            let [a, b, c] = points.map(|(x, y)| [x, y]);
            let area = ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])).abs() / 2.0;
            let sum: f32 = coverage(&[a, b, c]).iter().map(|&v| f32::from(v) / 255.0).sum();
            // At most half a step for each pixel.
            prop_assert!((sum - area).abs() < 64.0 * 0.5 / 255.0 + 0.01, "{sum} for {area}");
        }
    }

    #[test]
    fn glyphs_add_up_to_full() {
        let half = Outline {
            segments: {
                let p = rectangle(0.0, 0.0, 0.5, 1.0);
                vec![[p[0], p[1]], [p[1], p[2]], [p[2], p[3]], [p[3], p[0]]]
            },
            min: [0.0; 2],
            max: [0.5, 1.0],
            length_px: 3.0,
        };
        let mut mask = Mask { size: Size::new(1, 1), coverage: vec![0] };
        for expected in [128, 255, 255] {
            Areas::default().draw(&half, [0.25, 0.0], &mut mask);
            assert_eq!(mask.coverage, [expected]);
        }
    }

    #[test]
    fn piles_of_glyphs_are_refused_before_they_are_drawn() {
        let font = Font::embedded();
        let limits = Limits { side_px: 128, ..Limits::default() };
        let drawn = |n_glyphs| {
            let placed = Placed { font: 0, glyph: font.glyph('W').unwrap(), x: 0.0, y: 90.0 };
            let page = Page { glyphs: vec![placed; n_glyphs], width: 100.0, height: 110.0 };
            draw(&page, &[font], 100.0, &limits).map(|mask| mask.size)
        };
        assert_eq!(drawn(20), Ok(Size::new(100, 110)));
        assert_eq!(drawn(60), Err(TextError::TooComplex { detail: "the outlines cover too large an area" }));
    }

    #[test]
    fn colors_scale_with_opacity_and_ink_alone_has_one() {
        let mask = Mask { size: Size::new(3, 1), coverage: vec![0, 128, 255] };
        let planes = paint(&mask, Rgba { r: 1.0, g: 0.5, b: f32::NAN, a: 0.5 });
        assert_eq!(planes.bytes(), [0, 0, 0, 0, 255, 128, 0, 64, 255, 128, 0, 128]);
    }
}
