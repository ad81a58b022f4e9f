//! A face in a picture.

/// A face, in pixels of the picture that was looked at: `x` to the right, `y` down, from the top left corner. It may reach
/// beyond the edges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Face {
    /// Left edge of the box.
    pub x: f32,
    /// Top edge of the box.
    pub y: f32,
    /// Pixels from left to right.
    pub width: f32,
    /// Pixels from top to bottom.
    pub height: f32,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// Left eye, right eye, nose, left and right corner of the mouth, as `[x, y]`; left and right as the picture has them.
    pub landmarks: [[f32; 2]; 5],
}
