//! From draw options, as callers spell them, to where a layer goes.

use tintype_engine::{
    ops::composite::{Mode, Repeat},
    plan::Placement,
};
use tintype_options::{self as options, DrawOptions};

/// Where a layer with these draw options goes.
pub fn placement(draw: &DrawOptions) -> Placement {
    let repeat = match draw.repeat {
        None => Repeat::default(),
        Some(options::Repeat::X) => Repeat { x: true, y: false },
        Some(options::Repeat::Y) => Repeat { x: false, y: true },
        Some(options::Repeat::Both) => Repeat { x: true, y: true },
    };
    let mode = match draw.composite.unwrap_or_default() {
        options::Composite::Over => Mode::Over,
        options::Composite::In => Mode::In,
        options::Composite::Atop => Mode::Atop,
        options::Composite::Out => Mode::Out,
        options::Composite::Xor => Mode::Xor,
        options::Composite::Lighter => Mode::Lighter,
    };
    let offsets =
        Placement { left: draw.left, top: draw.top, right: draw.right, bottom: draw.bottom, ..Placement::default() };
    offsets.mode(mode).repeat(repeat).opacity(draw.opacity.unwrap_or(1.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_once_over_the_middle() {
        assert_eq!(placement(&DrawOptions::default()), Placement::default());
    }

    #[test]
    fn everything_said_arrives() {
        let draw = DrawOptions {
            right: Some(10),
            top: Some(-3),
            opacity: Some(0.5),
            repeat: Some(options::Repeat::X),
            composite: Some(options::Composite::Atop),
            ..DrawOptions::default()
        };
        let expected = Placement::top_right(10, -3).opacity(0.5).mode(Mode::Atop).repeat(Repeat { x: true, y: false });
        assert_eq!(placement(&draw), expected);
    }
}
