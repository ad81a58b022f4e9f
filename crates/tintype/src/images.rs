//! `image::DynamicImage` in and out, for programs that use the `image` crate.

use image::DynamicImage;
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

use crate::{Input, Tintype, TransformError};

impl Tintype {
    /// Starts with a decoded image: sRGB, or linear light if its samples are floats.
    pub fn image(&self, image: DynamicImage) -> Input {
        self.samples(planes_from(image))
    }
}

impl Input {
    /// The result as an image of 8 bits, or as many as the source has; alpha only where something is transparent.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub fn to_image(&self) -> Result<DynamicImage, TransformError> {
        let planes = self.to_samples()?;
        let (got, expected) = (planes.bytes().len(), planes.size().area());
        image_from(planes).ok_or(TransformError::WrongResult { got, expected })
    }
}

fn planes_from(image: DynamicImage) -> Planes {
    let size = Size::new(image.width(), image.height());
    let (layout, bytes) = match image {
        DynamicImage::ImageLuma8(buffer) => (Layout::GRAY8, buffer.into_raw()),
        DynamicImage::ImageLumaA8(buffer) => (Layout::GRAY_ALPHA8, buffer.into_raw()),
        DynamicImage::ImageRgb8(buffer) => (Layout::RGB8, buffer.into_raw()),
        DynamicImage::ImageRgba8(buffer) => (Layout::RGBA8, buffer.into_raw()),
        DynamicImage::ImageLuma16(buffer) => (Layout::new(Channels::Gray, Depth::U16), bytes(&buffer.into_raw())),
        DynamicImage::ImageLumaA16(buffer) => (Layout::new(Channels::GrayAlpha, Depth::U16), bytes(&buffer.into_raw())),
        DynamicImage::ImageRgb16(buffer) => (Layout::RGB16, bytes(&buffer.into_raw())),
        DynamicImage::ImageRgba16(buffer) => (Layout::RGBA16, bytes(&buffer.into_raw())),
        DynamicImage::ImageRgb32F(buffer) => (Layout::new(Channels::Rgb, Depth::F32), bytes(&buffer.into_raw())),
        // Floats with alpha, and whatever the image crate adds: floats hold all of it.
        other => (Layout::RGBA32F, bytes(&other.into_rgba32f().into_raw())),
    };
    Planes::new(size, layout, bytes).expect("an image holds as many samples as its size says")
}

fn image_from(planes: Planes) -> Option<DynamicImage> {
    let Size { width, height } = planes.size();
    let layout = planes.layout();
    let wide = || bytemuck::pod_collect_to_vec::<u8, u16>(planes.bytes());
    let floats = || bytemuck::pod_collect_to_vec::<u8, f32>(planes.bytes());
    match (layout.depth, layout.has_alpha()) {
        (Depth::U8, false) => image::RgbImage::from_raw(width, height, planes.into_bytes()).map(DynamicImage::from),
        (Depth::U8, true) => image::RgbaImage::from_raw(width, height, planes.into_bytes()).map(DynamicImage::from),
        (Depth::U16, false) => image::ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgb16),
        (Depth::U16, true) => image::ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgba16),
        (Depth::F32, false) => image::ImageBuffer::from_raw(width, height, floats()).map(DynamicImage::ImageRgb32F),
        (Depth::F32, true) => image::ImageBuffer::from_raw(width, height, floats()).map(DynamicImage::ImageRgba32F),
    }
}

fn bytes<T: bytemuck::Pod>(samples: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(samples).to_vec()
}
