//! Pixels to AVIF, by `ravif`.

use tintype_pixels::Planes;

use crate::{CodecError, Metadata};

/// Takes 8-bit RGB and RGBA. Encoded with 10 bits inside, which rav1e does better at than 8, in
/// full range with BT.601's matrix. Colors are sRGB by the stream's code points (1/13/6), which is what readers take a file
/// without a `colr` box for as well; other colors are told by such a box.
#[cfg(feature = "avif-encode")]
pub(crate) fn encode(planes: &Planes, quality: u8, speed: u8, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    use ravif::{Encoder, Img};
    use tintype_pixels::{ImageFormat, Layout};

    use super::container;

    let quality = f32::from(quality.clamp(1, 100));
    let mut encoder = Encoder::new().with_quality(quality).with_alpha_quality(quality).with_speed(speed.clamp(1, 10));
    if let Some(exif) = meta.exif.as_deref() {
        encoder = encoder.with_exif(exif);
    }
    let (width, height) = (planes.size().width as usize, planes.size().height as usize);
    let encoded = if planes.layout() == Layout::RGBA8 {
        encoder.encode_rgba(Img::new(bytemuck::cast_slice(planes.bytes()), width, height))
    } else {
        encoder.encode_rgb(Img::new(bytemuck::cast_slice(planes.bytes()), width, height))
    };
    let mut file =
        encoded.map(|image| image.avif_file).map_err(|error| CodecError::encode(ImageFormat::Avif, error))?;
    let unknown = || CodecError::encode(ImageFormat::Avif, "the encoder's boxes are not as they were");
    if let Some(packet) = &meta.xmp {
        file = container::with_xmp(&file, packet).ok_or_else(unknown)?;
    }
    if let Some(profile) = &meta.color {
        file = container::with_color(&file, profile).ok_or_else(unknown)?;
    }
    Ok(file)
}

/// Always [`CodecError::NotBuilt`].
#[cfg(not(feature = "avif-encode"))]
pub(crate) fn encode(_: &Planes, _: u8, _: u8, _: &Metadata) -> Result<Vec<u8>, CodecError> {
    Err(CodecError::NotBuilt { what: "avif", feature: "avif-encode" })
}
