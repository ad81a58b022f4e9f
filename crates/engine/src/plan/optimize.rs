//! Rewrite rules: each a small function that leaves the same picture with less work. Each has a plan in `tests/plans.rs`
//! that shows it.

use tintype_jpeg::inverse::Scale;
use tintype_pixels::Rect;

use super::{Shrink, picture::Picture};
use crate::{
    Space, Working,
    ops::{
        Resize, Step, Unpack,
        resize::{Axis, Filter},
        unpack::Components,
    },
};

/// Applies all rules. Returns whether the result is in the working space's linear light, so that packing must encode it.
pub(super) fn optimize(picture: &mut Picture, working: Working, packed: bool, shrink: Shrink) -> bool {
    // What is on the device already is not read again.
    if !picture.unpack.is_given {
        while fold_into_unpack(picture) {}
        if shrink == Shrink::TwiceLeft {
            decode_smaller(picture);
        }
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

/// A JPEG is decoded at the smallest scale that leaves both axes of the resize at least a half to do.
fn decode_smaller(picture: &mut Picture) {
    let Picture { unpack, steps } = picture;
    let Some(components) = unpack.components.clone() else { return };
    let n_first = first_along_each_axis(steps);
    let resizes: Vec<&mut Resize> = steps[..n_first].iter_mut().filter_map(as_resize_mut).collect();
    if resizes.len() != 2 || resizes.iter().any(|resize| resize.stretch.filter == Filter::Nearest) {
        return;
    }
    let reduction = resizes.iter().map(|resize| resize.stretch.reduction()).fold(f64::INFINITY, f64::min);
    let is_enough = |scale: &Scale| reduction >= 2.0 * f64::from(scale.divisor());
    // A square that reaches over the edge of a crop would show what was cut off.
    let (rect, stored) = (unpack.rect, unpack.stored);
    let is_whole = |scale: &Scale| {
        let on_grid = |at: u32, end: u32| at.is_multiple_of(scale.divisor()) || at == end;
        let (right, bottom) = (rect.x + rect.size.width, rect.y + rect.size.height);
        on_grid(rect.x, 0) && on_grid(rect.y, 0) && on_grid(right, stored.width) && on_grid(bottom, stored.height)
    };
    let read =
        |scale: Scale| Components::new(components.frame.clone(), scale, components.inverse, unpack.bands.binding_bytes);
    let scales = Scale::ALL.into_iter().filter(|scale| *scale != Scale::Full && is_enough(scale) && is_whole(scale));
    let Some(components) = scales.map(read).find_map(|components| components) else { return };

    let scale = components.scale;
    let size = scale.apply(rect.size);
    let (oriented, divisor) = (unpack.orientation.apply(size), f64::from(scale.divisor()));
    let (_, flip_x, flip_y) = unpack.orientation.steps();
    for Resize { axis, stretch, .. } in resizes {
        let (line, is_reversed) = match axis {
            Axis::X => (oriented.width, flip_x),
            Axis::Y => (oriented.height, flip_y),
        };
        // The last square may be filled only in part; read backwards, it comes first.
        let missing = f64::from(line) - f64::from(stretch.line) / divisor;
        stretch.start = stretch.start / divisor + if is_reversed { missing } else { 0.0 };
        stretch.len /= divisor;
        stretch.line = line;
    }
    unpack.stored = scale.apply(stored);
    unpack.rect = Rect::new(rect.x / scale.divisor(), rect.y / scale.divisor(), size);
    unpack.components = Some(components);
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

fn as_resize_mut(step: &mut Step) -> Option<&mut Resize> {
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
