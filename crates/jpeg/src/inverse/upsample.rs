//! From a component's own resolution to the picture's, one pixel at a time (libjpeg's "fancy upsampling", `jdsample.c`).
//!
//! A component stored at half resolution is interpolated: three parts of the nearest sample to one of the next nearest, in
//! each halved direction. Samples outside the component repeat its border. Every other ratio repeats samples.

use super::Plane;
use crate::{Component, Frame};

/// How one component comes to the resolution of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsampling {
    /// Half the width: 3:1 across.
    H2v1,
    /// Half the height: 3:1 down.
    H1v2,
    /// Half of both: 9:3:3:1.
    H2v2,
    /// Sample `(x * h / max_h, y * v / max_v)`, in whole numbers. libjpeg refuses ratios that are not whole.
    Repeat {
        /// The component's horizontal factor, and the frame's largest.
        h: [u8; 2],
        /// The component's vertical factor, and the frame's largest.
        v: [u8; 2],
    },
}

impl Upsampling {
    /// What libjpeg does with this component of this frame. Its interpolation across needs three columns.
    pub fn of(frame: &Frame, component: &Component) -> Self {
        let (max_h, max_v) = frame.max_sampling();
        let wide = component.samples.width > 2;
        let equal = |factor: u8, max: u8| factor == max;
        let half = |factor: u8, max: u8| 2 * factor == max;
        let Component { h, v, .. } = *component;
        if half(h, max_h) && equal(v, max_v) && wide {
            Self::H2v1
        } else if equal(h, max_h) && half(v, max_v) {
            Self::H1v2
        } else if half(h, max_h) && half(v, max_v) && wide {
            Self::H2v2
        } else {
            Self::Repeat { h: [h, max_h], v: [v, max_v] }
        }
    }
}

/// The component's value at pixel (`x`, `y`) of the picture. The plane must not be empty.
pub fn sample(plane: &Plane, upsampling: Upsampling, x: u32, y: u32) -> u8 {
    let at = |x: u32, y: u32| {
        let (x, y) = (x.min(plane.size.width - 1), y.min(plane.size.height - 1));
        u32::from(plane.samples[y as usize * plane.size.width as usize + x as usize])
    };
    // The next nearest of the pixel's own sample: the one before for the left or upper of its two pixels, else the one after.
    let other = |pixel: u32| match pixel % 2 {
        0 => (pixel / 2).saturating_sub(1),
        _ => pixel / 2 + 1,
    };
    let value = match upsampling {
        Upsampling::H2v1 => (3 * at(x / 2, y) + at(other(x), y) + 1 + x % 2) >> 2,
        Upsampling::H1v2 => (3 * at(x, y / 2) + at(x, other(y)) + 1 + y % 2) >> 2,
        Upsampling::H2v2 => {
            let column = |x: u32| 3 * at(x, y / 2) + at(x, other(y));
            (3 * column(x / 2) + column(other(x)) + 8 - x % 2) >> 4
        }
        Upsampling::Repeat { h, v } => {
            let place = |pixel: u32, [factor, max]: [u8; 2]| pixel * u32::from(factor) / u32::from(max);
            at(place(x, h), place(y, v))
        }
    };
    // A weighted mean of bytes.
    value as u8
}

#[cfg(test)]
mod tests {
    use tintype_pixels::Size;

    use super::*;

    fn row(upsampling: Upsampling, samples: &[u8]) -> Vec<u8> {
        let plane = Plane { size: Size::new(samples.len() as u32, 1), samples: samples.to_vec() };
        (0..2 * samples.len() as u32).map(|x| sample(&plane, upsampling, x, 0)).collect()
    }

    #[test]
    fn across() {
        // Worked by hand: ends repeat, (3 * 0 + 100 + 2) >> 2 = 25, (3 * 100 + 0 + 1) >> 2 = 75, ...
        assert_eq!(row(Upsampling::H2v1, &[0, 100, 50]), [0, 25, 75, 88, 62, 50]);
        // One row: both rows of the vertical sum are the same, so only the rounding differs.
        assert_eq!(row(Upsampling::H2v2, &[0, 100, 50]), [0, 25, 75, 87, 63, 50]);
        assert_eq!(row(Upsampling::Repeat { h: [1, 2], v: [1, 1] }, &[0, 100, 50]), [0, 0, 100, 100, 50, 50]);
    }

    #[test]
    fn down() {
        let plane = Plane { size: Size::new(1, 2), samples: vec![0, 101] };
        let column: Vec<u8> = (0..4).map(|y| sample(&plane, Upsampling::H1v2, 0, y)).collect();
        assert_eq!(column, [0, 25, 76, 101]);
    }
}
