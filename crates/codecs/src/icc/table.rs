//! Profiles that are tables, baked once into a table that the device interpolates: device values to sRGB-encoded colors.
//!
//! The intent is relative colorimetric with black point compensation: white is white, and what a press prints for black, or
//! else the darkest that the device makes, is black. Colors beyond sRGB's gamut stay so, negative or above 1. Encoded values are stored because they are nearly
//! as even as the device's, so that few nodes suffice.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
};

use moxcms::{ColorProfile, Matrix3d};
use tintype_pixels::{ColorTable, srgb_from_linear};

use super::lut::{D50, Lut, printed_black, xyz_from_lab};

/// Nodes along each axis: of red, green and blue; and of four inks.
const RGB_SIDE: u32 = 33;
const INK_SIDE: u32 = 17;

/// How many tables are kept: the most recent ones. A table of inks has a megabyte.
const KEPT: usize = 16;

/// A table that was baked or is about to be, and what of.
struct Baked {
    hash: u64,
    profile_bytes: usize,
    table: Arc<OnceLock<Option<Arc<ColorTable>>>>,
}

static BAKED: LazyLock<(RandomState, Mutex<VecDeque<Baked>>)> = LazyLock::new(Default::default);

/// The table of `profile`, which was read from `bytes`; `None` where it has none for three or four inputs.
pub(super) fn of(profile: &ColorProfile, bytes: &[u8]) -> Option<Arc<ColorTable>> {
    let (hasher, kept) = &*BAKED;
    let (hash, profile_bytes) = (hasher.hash_one(bytes), bytes.len());
    let is_same = |baked: &Baked| baked.hash == hash && baked.profile_bytes == profile_bytes;
    let table = {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|baked| is_same(baked)) {
            Arc::clone(&found.table)
        } else {
            kept.truncate(KEPT - 1);
            let table = Arc::default();
            kept.push_front(Baked { hash, profile_bytes, table: Arc::clone(&table) });
            table
        }
    };
    // Without the lock: nobody waits for a profile that is not theirs.
    table.get_or_init(|| bake(profile).map(Arc::new)).clone()
}

fn bake(profile: &ColorProfile) -> Option<ColorTable> {
    let lut = Lut::new(profile)?;
    let side = match lut.inputs() {
        3 => RGB_SIDE,
        4 => INK_SIDE,
        _ => return None,
    };
    let step = |node: u32| f64::from(node) / f64::from(side - 1);
    let axis = || 0..side;
    let mut colors = Vec::with_capacity(side.pow(lut.inputs() as u32) as usize);
    // The last ink, black, runs slowest: the kernel interpolates between two cubes of the other three.
    let blacks = if lut.inputs() == 4 { side } else { 1 };
    for (k, x, y) in (0..blacks).flat_map(|k| axis().flat_map(move |x| axis().map(move |y| (k, x, y)))) {
        for z in axis() {
            let device = [step(x), step(y), step(z), step(k)];
            colors.push(lut.xyz(&device[..lut.inputs()])?);
        }
    }
    let black = match lut.inputs() {
        // Of a press that cannot be asked, nothing is taken off, as littleCMS does.
        4 => printed_black(profile, &lut).map_or(0.0, no_lighter),
        _ => black_point(&colors),
    };
    let to_srgb = srgb_from_d50();
    let entries: Vec<f32> = colors.into_iter().flat_map(|xyz| encoded(&to_srgb, without_black(xyz, black))).collect();
    ColorTable::new(lut.inputs() as u32, side, entries)
}

/// The code of a gray profile that is a table, as linear light.
pub(super) fn gray(profile: &ColorProfile) -> Option<impl Fn(f64) -> Option<f32>> {
    let lut = Lut::new(profile).filter(|lut| lut.inputs() == 1)?;
    let black = black_point(&[lut.xyz(&[0.0])?, lut.xyz(&[1.0])?]);
    Some(move |v| Some(without_black(lut.xyz(&[v])?, black)[1] as f32))
}

/// The darkest of `colors` as lightness alone, and no lighter than 50, as a color: what becomes black.
fn black_point(colors: &[[f64; 3]]) -> f64 {
    no_lighter(colors.iter().map(|[_, y, _]| *y).fold(f64::INFINITY, f64::min))
}

/// A luminance, but no more than that of a lightness of 50.
fn no_lighter(y: f64) -> f64 {
    y.clamp(0.0, xyz_from_lab([50.0, 0.0, 0.0])[1])
}

/// Black point compensation to a black of nothing: a scale and a shift of XYZ that leave white where it is (ISO 18619).
fn without_black(xyz: [f64; 3], black: f64) -> [f64; 3] {
    let scale = 1.0 / (1.0 - black);
    let mut moved = xyz;
    for (v, white) in moved.iter_mut().zip(D50) {
        *v = scale * *v + white * (1.0 - scale);
    }
    moved
}

/// From XYZ relative to D50 to linear sRGB; the white of the one is exactly the white of the other.
fn srgb_from_d50() -> [[f64; 3]; 3] {
    let Matrix3d { v } = ColorProfile::new_srgb().rgb_to_xyz_matrix().inverse();
    v.map(|row| {
        let white: f64 = row.iter().zip(D50).map(|(factor, v)| factor * v).sum();
        row.map(|factor| factor / white)
    })
}

fn encoded(to_srgb: &[[f64; 3]; 3], xyz: [f64; 3]) -> [f32; 3] {
    to_srgb.map(|row| srgb_from_linear(row.iter().zip(xyz).map(|(factor, v)| factor * v).sum::<f64>() as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_becomes_black_and_white_stays() {
        let black = black_point(&[D50, [0.02, 0.01, 0.03]]);
        assert!((black - 0.01).abs() < 1e-12);
        assert!(without_black(D50, black).iter().zip(D50).all(|(a, b)| (a - b).abs() < 1e-12));
        let dark = without_black(D50.map(|v| v * 0.01), black);
        assert!(dark.iter().all(|v| v.abs() < 1e-12), "{dark:?}");
        assert!(black_point(&[D50]) < 0.19, "a device that makes white alone is not stretched without end");
    }

    #[test]
    fn the_white_of_the_connection_space_is_white() {
        let white = encoded(&srgb_from_d50(), D50);
        assert!(white.iter().all(|v| (v - 1.0).abs() < 1e-6), "{white:?}");
    }
}
