//! Named blocks of numbers, borrowed from the file they stand in where that is possible.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use half::f16;
use sha2::{Digest as _, Sha256};

/// How a number is stored, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dtype {
    /// IEEE half precision.
    F16,
    /// IEEE single precision.
    F32,
}

impl Dtype {
    /// Bytes of one number.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    /// Its name in `.safetensors`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F16 => "F16",
            Self::F32 => "F32",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Numbers in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Cow<'a, [u8]>,
}

/// Tensors by name.
pub(crate) type Tensors<'a> = BTreeMap<String, Tensor<'a>>;

impl<'a> Tensor<'a> {
    /// An error, in words, unless `data` has exactly the bytes that `shape` needs.
    pub(crate) fn new(dtype: Dtype, shape: Vec<usize>, data: Cow<'a, [u8]>) -> Result<Self, String> {
        let needed = bytes(dtype, &shape);
        if needed != Some(data.len()) {
            return Err(format!("shape {shape:?} of {dtype} does not fit into {} bytes", data.len()));
        }
        Ok(Self { dtype, shape, data })
    }

    pub(crate) fn dtype(&self) -> Dtype {
        self.dtype
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// All numbers, exactly.
    pub(crate) fn values(&self) -> Vec<f64> {
        match self.dtype {
            Dtype::F16 => self.data.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f64()).collect(),
            Dtype::F32 => self.data.as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        }
    }

    /// The same shape and type with other numbers, each rounded once.
    ///
    /// # Panics
    /// Unless there are as many `values` as the shape has.
    pub(crate) fn owned(dtype: Dtype, shape: Vec<usize>, values: &[f64]) -> Tensor<'static> {
        let data: Vec<u8> = match dtype {
            Dtype::F16 => values.iter().flat_map(|v| f16::from_f64(*v).to_le_bytes()).collect(),
            Dtype::F32 => values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        };
        Tensor::new(dtype, shape, data.into()).expect("the caller computed one value for each place")
    }
}

/// Bytes that a shape takes; `None` where no address space has so many.
pub(crate) fn bytes(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(dtype.bytes(), |product, side| product.checked_mul(*side))
}

/// One hash over names, types, shapes and numbers, whatever order a file has them in.
pub(crate) fn content_sha256(tensors: &Tensors<'_>) -> String {
    let mut hash = Sha256::new();
    for (name, tensor) in tensors {
        hash.update(format!("{name} {} {:?}\n", tensor.dtype, tensor.shape));
        hash.update(tensor.data());
    }
    crate::digest::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_must_fit_its_bytes() {
        assert!(Tensor::new(Dtype::F32, vec![2, 3], vec![0; 24].into()).is_ok());
        assert!(Tensor::new(Dtype::F16, vec![], vec![0; 2].into()).is_ok());
        for (shape, len) in [(vec![2, 3], 23), (vec![usize::MAX, 2], 8), (vec![0], 4)] {
            assert!(Tensor::new(Dtype::F32, shape.clone(), vec![0; len].into()).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn numbers_survive_both_ways() {
        let values = [0.5, -2.0, 1e-3, 65504.0];
        let single = Tensor::owned(Dtype::F32, vec![4], &values);
        assert_eq!(single.values(), values.map(|v| f64::from(v as f32)));
        let half = Tensor::owned(Dtype::F16, vec![2, 2], &values);
        assert_eq!(half.values()[0..2], values[0..2]);
        assert_eq!(half.data().len(), 8);
    }

    #[test]
    fn the_hash_sees_names_shapes_and_numbers() {
        let of = |name: &str, shape: &[usize], first: f64| {
            let tensor = Tensor::owned(Dtype::F32, shape.to_vec(), &[first, 2.0]);
            content_sha256(&Tensors::from([(name.to_owned(), tensor)]))
        };
        let base = of("a", &[2], 1.0);
        assert_eq!(base, of("a", &[2], 1.0));
        for other in [of("b", &[2], 1.0), of("a", &[1, 2], 1.0), of("a", &[2], 1.5)] {
            assert_ne!(base, other);
        }
    }
}
