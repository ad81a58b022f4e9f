//! Pixels in host memory to tensors, and back.

use burn::tensor::{Tensor, TensorData};
use tintype_pixels::{Layout, Planes, Size};

use crate::{Device, MlError};

/// How a network wants its samples: `(sample * scale - mean) / deviation`, planes in the order of `from`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalise {
    /// Which of red (0), green (1) and blue (2) each plane is.
    pub from: [usize; 3],
    /// Factor from 0..255 to the network's scale.
    pub scale: f32,
    /// Per plane.
    pub mean: [f32; 3],
    /// Per plane.
    pub deviation: [f32; 3],
}

impl Normalise {
    /// The picture as `[1, 3, height, width]` of `padded` size; beyond its right and lower edge the tensor is zero, which is the mean.
    /// A picture that is empty or larger than `padded` is refused.
    pub fn tensor(&self, picture: &Planes, padded: Size, device: &Device) -> Result<Tensor<4>, MlError> {
        if picture.layout() != Layout::RGB8 {
            return Err(MlError::Layout { found: picture.layout() });
        }
        let size = picture.size();
        if size.is_empty() || padded.width < size.width || padded.height < size.height {
            return Err(MlError::Size { found: size, needed: padded });
        }
        let (width, height) = (padded.width as usize, padded.height as usize);
        let mut values = vec![0.0_f32; 3 * width * height];
        for (plane, values) in values.chunks_exact_mut(width * height).enumerate() {
            let (mean, deviation) = (self.mean[plane], self.deviation[plane]);
            let rows = picture.bytes().chunks_exact(picture.row_bytes());
            for (samples, row) in rows.zip(values.chunks_exact_mut(width)) {
                for (value, pixel) in row.iter_mut().zip(samples.chunks_exact(3)) {
                    *value = (f32::from(pixel[self.from[plane]]) * self.scale - mean) / deviation;
                }
            }
        }
        Ok(from_values(values, [1, 3, height, width], device))
    }
}

/// The tensor's numbers in order. Waits for the device, which counts them.
pub(crate) fn to_values<const D: usize>(tensor: Tensor<D>, device: &Device) -> Result<Vec<f32>, MlError> {
    let values = tensor.try_into_vec_as::<f32>().map_err(|cause| MlError::Run { cause: cause.to_string() })?;
    device.count_read(size_of_val(&values[..]) as u64);
    Ok(values)
}

/// A tensor of these numbers.
pub(crate) fn from_values<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device.burn())
}
