//! One small picture through everything: made, encoded, decoded, resized on the device, encoded, decoded, looked at.

use std::time::{Duration, Instant};

use tintype::{Layout, Output, Planes, Size, Tintype, TransformError, codecs};

use super::Check;

/// Four squares of one color each; a resize may blur their edges and nothing else.
const COLORS: [[u8; 3]; 4] = [[220, 40, 30], [30, 200, 60], [20, 60, 210], [240, 230, 200]];

/// How far from its color the middle of a square may be: rounding and dithering make one, nothing honest makes more than two.
const TOLERANCE: u8 = 2;

const BEFORE: u32 = 512;
const AFTER: u32 = 128;

const NAME: &str = "self test";
const REMEDY: &str = "update the driver, or name another adapter with --adapter";

pub(super) fn check(tintype: &Tintype) -> Check {
    let started = Instant::now();
    match transformed(tintype) {
        Ok(planes) => judge(&planes, started.elapsed()),
        Err(error) => Check::missing(NAME, format!("failed: {error}"), REMEDY),
    }
}

fn transformed(tintype: &Tintype) -> Result<Planes, TransformError> {
    let options = format!("width={AFTER},height={AFTER},fit=squeeze").parse()?;
    let before = tintype.samples(squares(BEFORE)).output(Output::png()).run()?;
    let after = tintype.input(before.bytes).transform(options).output(Output::png()).run()?;
    let limits = &tintype.policy().limits;
    let info = tintype.probe(&after.bytes)?;
    Ok(codecs::decode(&after.bytes, &info, limits)?)
}

fn judge(planes: &Planes, took: Duration) -> Check {
    if (planes.size(), planes.layout()) != (Size::new(AFTER, AFTER), Layout::RGB8) {
        return Check::missing(NAME, format!("the result is {} {}", planes.size(), planes.layout()), REMEDY);
    }
    for (square, expected) in COLORS.iter().enumerate() {
        let (x, y) = middle(square, AFTER);
        let at = ((y * AFTER + x) * 3) as usize;
        let got = &planes.bytes()[at..at + 3];
        if got.iter().zip(expected).any(|(got, expected)| got.abs_diff(*expected) > TOLERANCE) {
            return Check::missing(NAME, format!("at {x},{y} the result is {got:?} and not {expected:?}"), REMEDY);
        }
    }
    let ms = took.as_secs_f64() * 1e3;
    Check::ok(NAME, format!("{BEFORE}x{BEFORE} to {AFTER}x{AFTER} is right, in {ms:.0} ms with both codecs"))
}

/// A picture of the four squares.
fn squares(side: u32) -> Planes {
    let mut bytes = Vec::with_capacity((side * side * 3) as usize);
    for y in 0..side {
        for x in 0..side {
            let square = 2 * usize::from(y >= side / 2) + usize::from(x >= side / 2);
            bytes.extend(COLORS[square]);
        }
    }
    Planes::new(Size::new(side, side), Layout::RGB8, bytes).expect("three bytes for each pixel")
}

/// The middle of a square.
fn middle(square: usize, side: u32) -> (u32, u32) {
    let at = |second: bool| side / 4 + if second { side / 2 } else { 0 };
    (at(square % 2 == 1), at(square >= 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_right_picture_passes_and_wrong_ones_do_not() {
        assert_eq!(judge(&squares(AFTER), Duration::ZERO).state, State::Ok);
        assert_eq!(judge(&squares(AFTER * 2), Duration::ZERO).state, State::Missing, "of another size");
        for square in 0..COLORS.len() {
            let mut bytes = squares(AFTER).into_bytes();
            let (x, y) = middle(square, AFTER);
            bytes[((y * AFTER + x) * 3) as usize] ^= 0x10;
            let wrong = Planes::new(Size::new(AFTER, AFTER), Layout::RGB8, bytes).unwrap();
            assert_eq!(judge(&wrong, Duration::ZERO).state, State::Missing, "square {square}");
        }
    }
}
