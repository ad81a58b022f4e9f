//! The twin of `canvas.wgsl`.

use tintype_pixels::Rect;

use super::{Blend, Canvas, Under};

/// The canvas once `frame` is drawn on `before`; both are RGBA8, straight.
pub fn drawn(canvas: &Canvas, frame: &[u8], before: &[u8]) -> Vec<u8> {
    let (width, height) = (canvas.size.width, canvas.size.height);
    let (frame, before) = (frame.as_chunks::<4>().0, before.as_chunks::<4>().0);
    let is_inside = |x: u32, y: u32, rect: Rect| {
        (rect.x..rect.x.saturating_add(rect.size.width)).contains(&x)
            && (rect.y..rect.y.saturating_add(rect.size.height)).contains(&y)
    };
    let pixel = |x: u32, y: u32| {
        let under = match canvas.under {
            Under::Nothing => [0; 4],
            Under::Canvas { clear } if is_inside(x, y, clear) => [0; 4],
            Under::Canvas { .. } => before[(y * width + x) as usize],
        };
        if !is_inside(x, y, canvas.rect) {
            return under;
        }
        let top = frame[((y - canvas.rect.y) * canvas.rect.size.width + x - canvas.rect.x) as usize];
        match canvas.blend {
            Blend::Source => top,
            Blend::Over => over(top, under),
        }
    };
    let pixel = &pixel;
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

/// `top` over `bottom`, rounded to the nearest.
fn over(top: [u8; 4], bottom: [u8; 4]) -> [u8; 4] {
    let (top_alpha, bottom_alpha) = (f64::from(top[3]) / 255.0, f64::from(bottom[3]) / 255.0);
    let below = bottom_alpha * (1.0 - top_alpha);
    let alpha = top_alpha + below;
    if alpha == 0.0 {
        return [0; 4];
    }
    let mixed = |i: usize| (f64::from(top[i]) * top_alpha + f64::from(bottom[i]) * below) / alpha;
    [rounded(mixed(0)), rounded(mixed(1)), rounded(mixed(2)), rounded(alpha * 255.0)]
}

/// Half up; what is a half but for the last bits of the arithmetic is one.
fn rounded(v: f64) -> u8 {
    (v + 0.5 + 1e-9) as u8
}
