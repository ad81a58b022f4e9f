//! The boundary to libwebp's encoder: the only unsafe code of this crate.
//!
//! Only pixels that we decoded or rendered ourselves go in, never bytes of a stranger's file.

#![allow(unsafe_code, reason = "libwebp is C; each call states what it relies on")]

use std::ffi::{c_int, c_void};

use libwebp_sys::{
    WebPConfig, WebPEncode, WebPPicture, WebPPictureFree, WebPPictureImportRGB, WebPPictureImportRGBA, WebPPreset,
};
use tintype_pixels::{Layout, Planes};

/// A lossy WebP of `planes`, which must be RGB8 or RGBA8 and at most 16,383 pixels per side. What libwebp says goes
/// wrong comes back as text.
pub(super) fn encode(planes: &Planes, quality: u8, method: u8) -> Result<Vec<u8>, String> {
    let quality = f32::from(quality.clamp(1, 100));
    let mut config = WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, quality)
        .map_err(|()| "libwebp refuses its own defaults".to_owned())?;
    config.method = c_int::from(method.min(6));
    // Colors under full transparency are nobody's: let them take the values that compress best.
    config.exact = 0;

    let mut out: Vec<u8> = Vec::with_capacity(4096 + planes.size().area() as usize / 8);
    let mut picture = Picture::import(planes)?;
    picture.0.writer = Some(append);
    picture.0.custom_ptr = (&raw mut out).cast::<c_void>();
    // SAFETY: `config` and `picture` were initialized by libwebp's own functions of the same ABI version, and the
    // picture holds pixels. libwebp calls `append` only during this call and only from this thread (`thread_level` is
    // 0), while `out` is alive and not otherwise used.
    let ok = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    let error = picture.0.error_code;
    drop(picture);
    if ok == 0 { Err(format!("libwebp says {error:?}")) } else { Ok(out) }
}

/// A picture whose memory is libwebp's.
struct Picture(WebPPicture);

impl Picture {
    /// Copies `planes` into libwebp's own form: full-size luminance, half-size color.
    fn import(planes: &Planes) -> Result<Self, String> {
        let side = |px: u32| c_int::try_from(px).map_err(|error| error.to_string());
        let mut picture = Self(WebPPicture::new().map_err(|()| "libwebp has another ABI version".to_owned())?);
        picture.0.width = side(planes.size().width)?;
        picture.0.height = side(planes.size().height)?;
        let stride = c_int::try_from(planes.row_bytes()).map_err(|error| error.to_string())?;
        let import = match planes.layout() {
            Layout::RGB8 => WebPPictureImportRGB,
            Layout::RGBA8 => WebPPictureImportRGBA,
            other => return Err(format!("libwebp takes rgb8 and rgba8, not {other}")),
        };
        // SAFETY: `Planes` guarantees `height` rows of `stride` bytes, with 3 or 4 bytes for each of `width` pixels as
        // the function chosen expects; it reads exactly those. It allocates what it writes, and `drop` frees that.
        let ok = unsafe { import(&raw mut picture.0, planes.bytes().as_ptr(), stride) };
        if ok == 0 { Err(format!("libwebp says {:?}", picture.0.error_code)) } else { Ok(picture) }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture was initialized by libwebp, and nothing else frees it; freeing one that holds no pixels
        // yet is allowed.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

/// libwebp's output, appended to the `Vec<u8>` that `custom_ptr` points to.
unsafe extern "C" fn append(data: *const u8, len: usize, picture: *const WebPPicture) -> c_int {
    if len == 0 {
        return 1;
    }
    // SAFETY: `encode` sets `custom_ptr` to its vector, which lives and is not otherwise touched during the call that
    // leads here; libwebp hands over `len` bytes at `data` that are its own and stay unchanged meanwhile. Growing the
    // vector may abort for want of memory but cannot unwind into C.
    unsafe {
        let out = &mut *(*picture).custom_ptr.cast::<Vec<u8>>();
        out.extend_from_slice(std::slice::from_raw_parts(data, len));
    }
    1
}
