//! Where a layer goes.

use tintype_pixels::Size;

use crate::ops::composite::{Mode, Repeat};

/// Where a layer goes and how it is put on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Pixels from the picture's left edge to the layer's.
    pub left: Option<i32>,
    /// Pixels from the picture's top edge to the layer's.
    pub top: Option<i32>,
    /// Pixels from the layer's right edge to the picture's; counts where `left` is not given.
    pub right: Option<i32>,
    /// Pixels from the layer's bottom edge to the picture's; counts where `top` is not given.
    pub bottom: Option<i32>,
    /// 0 (unseen) to 1.
    pub opacity: f32,
    /// How layer and picture are combined.
    pub mode: Mode,
    /// Whether the layer is tiled.
    pub repeat: Repeat,
}

impl Default for Placement {
    /// In the middle, over the picture.
    fn default() -> Self {
        Self {
            left: None,
            top: None,
            right: None,
            bottom: None,
            opacity: 1.0,
            mode: Mode::Over,
            repeat: Repeat::default(),
        }
    }
}

impl Placement {
    /// In the top left corner, `x` and `y` pixels from it.
    pub fn top_left(x: i32, y: i32) -> Self {
        Self { left: Some(x), top: Some(y), ..Self::default() }
    }

    /// In the top right corner, `x` and `y` pixels from it.
    pub fn top_right(x: i32, y: i32) -> Self {
        Self { right: Some(x), top: Some(y), ..Self::default() }
    }

    /// In the bottom left corner, `x` and `y` pixels from it.
    pub fn bottom_left(x: i32, y: i32) -> Self {
        Self { left: Some(x), bottom: Some(y), ..Self::default() }
    }

    /// In the bottom right corner, `x` and `y` pixels from it.
    pub fn bottom_right(x: i32, y: i32) -> Self {
        Self { right: Some(x), bottom: Some(y), ..Self::default() }
    }

    /// With this opacity; cut to 0 … 1.
    pub fn opacity(mut self, opacity: f32) -> Self {
        self.opacity = if opacity.is_nan() { 1.0 } else { opacity.clamp(0.0, 1.0) };
        self
    }

    /// Combined like this.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Tiled like this.
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// The layer's corner on the picture; without an offset the layer is centred on that axis.
    pub(super) fn at(&self, picture: Size, layer: Size) -> (i32, i32) {
        let axis = |picture: u32, layer: u32, near: Option<i32>, far: Option<i32>| {
            let free = i64::from(picture) - i64::from(layer);
            let at = match (near, far) {
                (Some(near), _) => i64::from(near),
                (None, Some(far)) => free - i64::from(far),
                (None, None) => free.div_euclid(2),
            };
            at.clamp(i64::from(i32::MIN / 2), i64::from(i32::MAX / 2)) as i32
        };
        (
            axis(picture.width, layer.width, self.left, self.right),
            axis(picture.height, layer.height, self.top, self.bottom),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_the_middle() {
        let at = |placement: Placement| placement.at(Size::new(100, 50), Size::new(20, 10));
        assert_eq!(at(Placement::default()), (40, 20));
        assert_eq!(at(Placement::top_left(3, 4)), (3, 4));
        assert_eq!(at(Placement::bottom_right(3, 4)), (77, 36));
        assert_eq!(at(Placement::top_right(0, 0)), (80, 0));
        assert_eq!(at(Placement::bottom_left(0, -5)), (0, 45));
    }

    #[test]
    fn a_layer_larger_than_the_picture_is_centred_too() {
        assert_eq!(Placement::default().at(Size::new(10, 10), Size::new(31, 30)), (-11, -10));
    }
}
