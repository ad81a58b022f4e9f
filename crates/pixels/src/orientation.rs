//! The eight ways a picture can lie: EXIF's orientation values, which are the symmetries of a rectangle.
//!
//! An [`Orientation`] is the movement that turns the *stored* picture into the *upright* one. Flips and quarter turns
//! asked for by a caller are orientations too, so a chain of them is one value ([`Orientation::then`]).

use crate::{Rect, Size};

/// How the stored picture must be moved to be upright. The discriminant is the EXIF value (TIFF 6.0 tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Upright = 1,
    /// 2: mirrored left to right.
    FlipH = 2,
    /// 3: half a turn.
    Rotate180 = 3,
    /// 4: mirrored top to bottom.
    FlipV = 4,
    /// 5: mirrored at the main diagonal.
    Transpose = 5,
    /// 6: a quarter turn clockwise.
    Rotate90 = 6,
    /// 7: mirrored at the other diagonal.
    Transverse = 7,
    /// 8: a quarter turn counter-clockwise.
    Rotate270 = 8,
}

impl Orientation {
    /// All eight, in EXIF order.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::FlipH,
        Self::Rotate180,
        Self::FlipV,
        Self::Transpose,
        Self::Rotate90,
        Self::Transverse,
        Self::Rotate270,
    ];

    /// From EXIF's value; anything but 2 to 8 counts as upright, as every viewer does.
    pub fn from_exif(value: u32) -> Self {
        Self::ALL.get((value as usize).wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// EXIF's value, 1 to 8.
    pub const fn exif(self) -> u8 {
        self as u8
    }

    /// As (transpose, then flip x, then flip y), which is how kernels apply it.
    pub const fn steps(self) -> (bool, bool, bool) {
        match self {
            Self::Upright => (false, false, false),
            Self::FlipH => (false, true, false),
            Self::Rotate180 => (false, true, true),
            Self::FlipV => (false, false, true),
            Self::Transpose => (true, false, false),
            Self::Rotate90 => (true, true, false),
            Self::Transverse => (true, true, true),
            Self::Rotate270 => (true, false, true),
        }
    }

    fn from_steps(steps: (bool, bool, bool)) -> Self {
        Self::ALL.into_iter().find(|o| o.steps() == steps).unwrap_or_default()
    }

    /// This movement, and after it `next`.
    pub fn then(self, next: Self) -> Self {
        let (t1, x1, y1) = self.steps();
        let (t2, x2, y2) = next.steps();
        // Moving the second transpose in front of the first's flips exchanges those flips.
        let (x1, y1) = if t2 { (y1, x1) } else { (x1, y1) };
        Self::from_steps((t1 ^ t2, x1 ^ x2, y1 ^ y2))
    }

    /// The movement that undoes this one.
    pub fn inverse(self) -> Self {
        match self {
            Self::Rotate90 => Self::Rotate270,
            Self::Rotate270 => Self::Rotate90,
            other => other,
        }
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        self.steps().0
    }

    /// The size after the movement.
    pub const fn apply(self, size: Size) -> Size {
        if self.swaps_sides() { size.transposed() } else { size }
    }

    /// Where the pixel at (`x`, `y`) of an image of `size` lands.
    pub const fn map(self, size: Size, x: u32, y: u32) -> (u32, u32) {
        let (transpose, flip_x, flip_y) = self.steps();
        let (x, y) = if transpose { (y, x) } else { (x, y) };
        let moved = self.apply(size);
        (if flip_x { moved.width - 1 - x } else { x }, if flip_y { moved.height - 1 - y } else { y })
    }

    /// Where `rect`, inside an image of `size`, lands.
    pub fn map_rect(self, size: Size, rect: Rect) -> Rect {
        let last = (rect.x + rect.size.width - 1, rect.y + rect.size.height - 1);
        let (a, b) = (self.map(size, rect.x, rect.y), self.map(size, last.0, last.1));
        Rect::new(a.0.min(b.0), a.1.min(b.1), self.apply(rect.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(5, 3);

    #[test]
    fn then_is_one_movement_after_the_other() {
        for a in Orientation::ALL {
            for b in Orientation::ALL {
                for (x, y) in [(0, 0), (4, 0), (1, 2)] {
                    let (x1, y1) = a.map(SIZE, x, y);
                    let expected = b.map(a.apply(SIZE), x1, y1);
                    assert_eq!(a.then(b).map(SIZE, x, y), expected, "{a:?} then {b:?}");
                }
            }
        }
    }

    #[test]
    fn inverse_undoes() {
        for o in Orientation::ALL {
            assert_eq!(o.then(o.inverse()), Orientation::Upright, "{o:?}");
        }
    }

    #[test]
    fn a_quarter_turn_clockwise_moves_the_top_left_to_the_top_right() {
        assert_eq!(Orientation::Rotate90.map(SIZE, 0, 0), (2, 0));
        assert_eq!(Orientation::Rotate90.apply(SIZE), Size::new(3, 5));
    }

    #[test]
    fn rectangles_follow_their_corners() {
        let rect = Rect::new(1, 0, Size::new(2, 2));
        assert_eq!(Orientation::FlipH.map_rect(SIZE, rect), Rect::new(2, 0, Size::new(2, 2)));
        assert_eq!(Orientation::Rotate90.map_rect(SIZE, rect), Rect::new(1, 1, Size::new(2, 2)));
    }

    #[test]
    fn nonsense_in_exif_is_upright() {
        for value in [0, 9, 0x0600_0000, u32::MAX] {
            assert_eq!(Orientation::from_exif(value), Orientation::Upright);
        }
        assert_eq!(Orientation::from_exif(6), Orientation::Rotate90);
    }
}
