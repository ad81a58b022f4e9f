//! Reads a network's weights and checks that each tensor is there, has the right shape, and is used.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use burn::tensor::Tensor;
use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::{Device, MlError, bridge::convolution::Precision, host};

/// The tensors of one `.safetensors` file, in f32 or f16; the network computes in f32 either way.
///
/// A network takes what it needs with [`Self::tensor`], then calls [`Self::finish`].
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    bytes: Vec<u8>,
    device: Device,
    taken: RefCell<BTreeSet<String>>,
}

impl Weights {
    /// Reads the file at `path`; tensors will be made on `device`.
    pub fn open(path: &Path, device: &Device) -> Result<Self, MlError> {
        let bytes = fs::read(path).map_err(|cause| MlError::Read { path: path.to_owned(), cause })?;
        let weights =
            Self { path: path.to_owned(), bytes, device: device.clone(), taken: RefCell::new(BTreeSet::new()) };
        weights.file()?;
        Ok(weights)
    }

    /// The header is parsed again each time: some kilobytes, once per tensor, and nothing borrows from itself.
    fn file(&self) -> Result<SafeTensors<'_>, MlError> {
        SafeTensors::deserialize(&self.bytes).map_err(|cause| MlError::Format { path: self.path.clone(), cause })
    }

    /// Whether the file has a tensor called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.file().is_ok_and(|file| file.tensor(name).is_ok())
    }

    /// Where tensors are made.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The tensor called `name`, which must have exactly `shape`.
    pub fn tensor<const D: usize>(&self, name: &str, shape: [usize; D]) -> Result<Tensor<D>, MlError> {
        Ok(host::from_values(self.values(name, shape)?, shape, &self.device))
    }

    /// Its numbers, for a network that computes with them once, when it is loaded.
    pub fn values<const D: usize>(&self, name: &str, shape: [usize; D]) -> Result<Vec<f32>, MlError> {
        self.values_and_precision(name, shape).map(|(values, _)| values)
    }

    /// The same, and how precise they are.
    pub(crate) fn values_and_precision<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
    ) -> Result<(Vec<f32>, Precision), MlError> {
        let file = self.file()?;
        let view = file.tensor(name).map_err(|_missing| MlError::MissingTensor {
            path: self.path.clone(),
            name: name.to_owned(),
            needed: shape.to_vec(),
        })?;
        if view.shape() != shape {
            return Err(MlError::TensorShape {
                path: self.path.clone(),
                name: name.to_owned(),
                found: view.shape().to_vec(),
                needed: shape.to_vec(),
            });
        }
        let data = view.data();
        let (values, precision) = match view.dtype() {
            Dtype::F32 => {
                let floats = data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                (floats.collect(), Precision::Single)
            }
            Dtype::F16 => {
                let floats = data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
                (floats.collect(), Precision::Half)
            }
            other => {
                return Err(MlError::TensorType {
                    path: self.path.clone(),
                    name: name.to_owned(),
                    found: format!("{other:?}").to_lowercase(),
                });
            }
        };
        self.taken.borrow_mut().insert(name.to_owned());
        Ok((values, precision))
    }

    /// Refuses a file that has more than what was taken, except tensors whose name starts with one of `unneeded`.
    pub fn finish(self, unneeded: &[&str]) -> Result<(), MlError> {
        let file = self.file()?;
        let taken = self.taken.borrow();
        let mut left: Vec<&str> = file
            .names()
            .into_iter()
            .filter(|name| !taken.contains(*name) && !unneeded.iter().any(|start| name.starts_with(start)))
            .collect();
        left.sort_unstable();
        match left.first() {
            None => Ok(()),
            Some(name) => {
                let found = file.tensor(name).map(|view| view.shape().to_vec()).unwrap_or_default();
                Err(MlError::UnusedTensor { path: self.path.clone(), name: (*name).to_owned(), found })
            }
        }
    }
}
