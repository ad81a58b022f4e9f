//! Rewrite rules: each a small function that leaves the same picture with less work. Each has a plan in `tests/plans.rs`
//! that shows it.

use tintype_pixels::Rect;

use super::picture::Picture;
use crate::{
    Space, Working,
    ops::{Resize, Step, Unpack, resize::Axis},
};

/// Applies all rules. Returns whether the result is in the working space's linear light, so that packing must encode it.
pub(super) fn optimize(picture: &mut Picture, working: Working, packed: bool) -> bool {
    // What is on the device already is not read again.
    if !picture.unpack.is_given {
        while fold_into_unpack(picture) {}
        prefer_rows_on_a_tie(picture);
        read_only_what_is_reached(picture);
        stream_the_first_axis(picture);
    }
    let stays_encoded = packed && drop_last_transfer(picture);
    working.space == Space::Linear && !stays_encoded
}

/// A leading crop or orientation becomes part of how samples are read.
fn fold_into_unpack(picture: &mut Picture) -> bool {
    let unpack = &mut picture.unpack;
    match picture.steps.first() {
        Some(Step::Orient(orient)) => unpack.orientation = unpack.orientation.then(orient.0),
        Some(Step::Crop(crop)) => {
            let stored = unpack.orientation.inverse().map_rect(unpack.output(), crop.rect());
            unpack.rect = unpack.rect.nested(stored);
        }
        _ => return false,
    }
    picture.steps.remove(0);
    true
}

/// Of two equal reductions the one along stored rows goes first, because that one can be streamed.
fn prefer_rows_on_a_tie(picture: &mut Picture) {
    if let [Step::Resize(first), Step::Resize(second), ..] = picture.steps.as_mut_slice()
        && first.axis != row_axis(&picture.unpack)
        && second.stretch.reduction() >= first.stretch.reduction() * 0.99
    {
        std::mem::swap(first, second);
        std::mem::swap(&mut first.saturate, &mut second.saturate);
    }
}

/// Rows and columns that no tap reaches are not read.
fn read_only_what_is_reached(picture: &mut Picture) {
    let frame = picture.unpack.output();
    let mut reached = Rect::whole(frame);
    let n_first = first_along_each_axis(&picture.steps);
    for resize in picture.steps[..n_first].iter().filter_map(as_resize) {
        let (first, end) = resize.stretch.reach();
        match resize.axis {
            Axis::X => (reached.x, reached.size.width) = (first, end - first),
            Axis::Y => (reached.y, reached.size.height) = (first, end - first),
        }
    }
    if reached.is_whole(frame) {
        return;
    }
    let unpack = &mut picture.unpack;
    let stored = unpack.orientation.inverse().map_rect(frame, reached);
    unpack.rect = unpack.rect.nested(stored);
    for step in &mut picture.steps[..n_first] {
        let Step::Resize(resize) = step else { continue };
        let (first, line) = match resize.axis {
            Axis::X => (reached.x, reached.size.width),
            Axis::Y => (reached.y, reached.size.height),
        };
        resize.stretch = resize.stretch.within(first, line);
    }
}

/// A leading resize along stored rows runs band by band behind unpack; the full-size working image never exists.
fn stream_the_first_axis(picture: &mut Picture) {
    let unpack = &mut picture.unpack;
    let Some(Step::Resize(resize)) = picture.steps.first() else { return };
    if resize.axis != row_axis(unpack) {
        return;
    }
    let mut first = resize.clone();
    first.axis = Axis::X;
    if is_row_reversed(unpack) {
        let stretch = &mut first.stretch;
        stretch.start = f64::from(stretch.line) - stretch.start - stretch.len;
    }
    unpack.first = Some(first);
    picture.steps.remove(0);
}

/// A last transfer to linear light is dropped where packing would undo it.
fn drop_last_transfer(picture: &mut Picture) -> bool {
    let ends_linear = matches!(picture.steps.last(), Some(Step::ToLinear(_)));
    if ends_linear {
        picture.steps.pop();
    }
    ends_linear
}

/// How many leading steps are resizes that are the first along their axis. A second one along an axis, as of a second
/// transformation, reaches rows or columns that the first one made.
fn first_along_each_axis(steps: &[Step]) -> usize {
    let mut seen: Vec<Axis> = Vec::new();
    let mut is_first = |resize: &Resize| {
        let is_new = !seen.contains(&resize.axis);
        seen.push(resize.axis);
        is_new
    };
    steps.iter().map_while(as_resize).take_while(|resize| is_first(resize)).count()
}

fn as_resize(step: &Step) -> Option<&Resize> {
    match step {
        Step::Resize(resize) => Some(resize),
        _ => None,
    }
}

/// The axis of the oriented picture that stored rows lie along.
fn row_axis(unpack: &Unpack) -> Axis {
    if unpack.orientation.swaps_sides() { Axis::Y } else { Axis::X }
}

/// Whether stored rows run against the oriented picture's axis.
fn is_row_reversed(unpack: &Unpack) -> bool {
    let (transpose, flip_x, flip_y) = unpack.orientation.steps();
    if transpose { flip_y } else { flip_x }
}
