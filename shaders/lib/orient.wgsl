// Where a pixel lands under one of the eight EXIF movements. Twin: Orientation::map in the pixels crate.

const ORIENT_TRANSPOSE = 1u;
const ORIENT_FLIP_X = 2u;
const ORIENT_FLIP_Y = 4u;

// `frame` is the size before the movement.
fn orient_map(flags: u32, frame: vec2u, at: vec2u) -> vec2u {
    let transpose = (flags & ORIENT_TRANSPOSE) != 0u;
    let moved = select(frame, frame.yx, transpose);
    let p = select(at, at.yx, transpose);
    return select(p, moved - 1u - p, vec2<bool>((flags & ORIENT_FLIP_X) != 0u, (flags & ORIENT_FLIP_Y) != 0u));
}
