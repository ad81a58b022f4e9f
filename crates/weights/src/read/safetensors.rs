//! `.safetensors`, by the format's own library.

use safetensors::{Dtype as Stored, SafeTensors};

use crate::{
    WeightsError,
    tensor::{Dtype, Tensor, Tensors},
};

/// The floating-point tensors of a file, borrowed from it. Integers are passed over: no weight is one.
pub(crate) fn read(bytes: &[u8]) -> Result<Tensors<'_>, WeightsError> {
    let failed = |why: String| WeightsError::Format { format: "safetensors", why };
    let file = SafeTensors::deserialize(bytes).map_err(|error| failed(error.to_string()))?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        let dtype = match view.dtype() {
            Stored::F16 => Dtype::F16,
            Stored::F32 => Dtype::F32,
            Stored::I64 | Stored::I32 | Stored::BOOL | Stored::U8 => continue,
            other => return Err(failed(format!("the tensor {name:?} is {other:?}; F32 and F16 are read"))),
        };
        let tensor = Tensor::new(dtype, view.shape().to_vec(), view.data().into())
            .map_err(|why| failed(format!("the tensor {name:?}: {why}")))?;
        tensors.insert(name.to_owned(), tensor);
    }
    Ok(tensors)
}
