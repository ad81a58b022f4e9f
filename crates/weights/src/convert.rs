//! From a file of weights to the tensors of a network: found, named, folded, checked.
//!
//! Pure: bytes to tensors. A network takes every tensor of the file, each with exactly its shape, or nothing is converted. Start at
//! [`convert`].

use std::collections::BTreeMap;

use crate::{
    Dtype, Format, Graph, Model, WeightsError,
    graph::{Nodes, Part},
    read::{onnx::Onnx, safetensors, torch},
    tensor::{Tensor, Tensors},
};

/// What batch normalisation adds to the variance, in all networks here.
const EPSILON: f64 = 1e-5;

/// The tensors of `model` in the file `bytes`.
pub(crate) fn convert<'a>(model: &Model, format: Format, bytes: &'a [u8]) -> Result<Tensors<'a>, WeightsError> {
    let made = match format {
        Format::Onnx => from_graph(model, &Onnx::read(bytes)?)?,
        Format::Safetensors => from_state(model, safetensors::read(bytes)?)?,
        Format::Pytorch => from_state(model, torch::read(bytes)?)?,
    };
    let shapes: Vec<(&str, &[usize], Dtype)> = made.iter().map(|(n, t)| (n.as_str(), t.shape(), t.dtype())).collect();
    check(&model.name, model.graph, &shapes)?;
    Ok(made)
}

/// Whether `found` is exactly what `graph` needs, all of one type; the error names the first difference in the order of computation.
pub(crate) fn check(model: &str, graph: Graph, found: &[(&str, &[usize], Dtype)]) -> Result<(), WeightsError> {
    let mut left: BTreeMap<&str, (&[usize], Dtype)> =
        found.iter().map(|(name, shape, dtype)| (*name, (*shape, *dtype))).collect();
    let mut common = None;
    for (name, expected) in graph.tensors() {
        let Some((shape, dtype)) = left.remove(name.as_str()) else {
            return Err(WeightsError::MissingTensor { model: model.to_owned(), name, expected });
        };
        if shape != expected {
            return Err(WeightsError::WrongShape { model: model.to_owned(), name, found: shape.to_vec(), expected });
        }
        let expected = *common.get_or_insert(dtype);
        if dtype != expected {
            return Err(WeightsError::WrongType { model: model.to_owned(), name, found: dtype, expected });
        }
    }
    match left.keys().next() {
        None => Ok(()),
        Some(name) => Err(WeightsError::UnusedTensor { model: model.to_owned(), name: (*name).to_owned() }),
    }
}

/// From an exported graph, in which the exporter has folded batch normalisation already.
fn from_graph<'a>(model: &Model, onnx: &Onnx<'a>) -> Result<Tensors<'a>, WeightsError> {
    let failed = |why: String| WeightsError::Format { format: "ONNX", why };
    let mut made = Tensors::new();
    let convolutions = onnx.nodes.iter().filter(|node| node.op == "Conv");
    let mut in_order = model.graph.parts().into_iter().filter_map(|part| match part {
        Part::Conv { name, .. } => Some(name),
        Part::Plain { .. } => None,
    });
    for node in convolutions {
        let unused =
            || WeightsError::UnusedTensor { model: model.name.clone(), name: format!("the node {:?}", node.name) };
        let name = match model.graph.nodes() {
            Nodes::InOrder => in_order.next().ok_or_else(unused)?,
            Nodes::ByModule(module) => module(node.name).ok_or_else(unused)?,
            Nodes::Unknown => {
                return Err(failed("this network is read from its authors' files, not from exports".to_owned()));
            }
        };
        let [_, weight, bias] = &*node.inputs else {
            return Err(failed(format!("the node {:?} has {} inputs; 3 are expected", node.name, node.inputs.len())));
        };
        for (input, kind) in [(weight, "weight"), (bias, "bias")] {
            let tensor = onnx.resolve(input).ok_or_else(|| {
                failed(format!("the {kind} of the node {:?} is no constant of single or half precision", node.name))
            })?;
            let name = format!("{name}.{kind}");
            // The same module twice has the same weights.
            if made.get(&name).is_some_and(|before: &Tensor<'_>| before != tensor) {
                return Err(failed(format!("two nodes are {name} and differ")));
            }
            made.insert(name, tensor.clone());
        }
    }
    Ok(made)
}

/// From the tensors of the authors' own files.
pub(crate) fn from_state<'a>(model: &Model, state: Tensors<'a>) -> Result<Tensors<'a>, WeightsError> {
    let mut state = unwrapped(state);
    let mut made = Tensors::new();
    for part in model.graph.parts() {
        match part {
            Part::Plain { name, shape } => {
                let tensor = take(&mut state, model, &name, &shape)?;
                made.insert(name, tensor);
            }
            Part::Conv { name, shape, norm } => {
                let mut take = |tensor: &str, expected: &[usize]| take(&mut state, model, tensor, expected);
                let weight = take(&format!("{name}.weight"), &shape)?;
                let bias = take(&format!("{name}.bias"), &shape[..1]);
                let (weight, bias) = match norm {
                    None => (weight, bias?),
                    Some(norm) => {
                        let bias = match bias {
                            Ok(bias) => Some(bias),
                            Err(WeightsError::MissingTensor { .. }) => None,
                            Err(other) => return Err(other),
                        };
                        let [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
                            .map(|kind| take(&format!("{norm}.{kind}"), &shape[..1]));
                        fold(
                            &weight,
                            bias.as_ref(),
                            &Norm { scale: scale?, shift: shift?, mean: mean?, variance: variance? },
                        )
                    }
                };
                made.insert(format!("{name}.weight"), weight);
                made.insert(format!("{name}.bias"), bias);
            }
        }
    }
    match state.keys().find(|name| !model.graph.leaves_out(name)) {
        None => Ok(made),
        Some(name) => Err(WeightsError::UnusedTensor { model: model.name.clone(), name: name.clone() }),
    }
}

/// Without the prefixes that training on several devices, or compiled, puts before every name.
fn unwrapped(state: Tensors<'_>) -> Tensors<'_> {
    const PREFIXES: [&str; 2] = ["module.", "_orig_mod."];
    let mut state = state;
    while let Some(prefix) =
        PREFIXES.iter().find(|prefix| !state.is_empty() && state.keys().all(|name| name.starts_with(**prefix)))
    {
        state = state.into_iter().map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect();
    }
    state
}

fn take<'a>(
    state: &mut Tensors<'a>,
    model: &Model,
    name: &str,
    expected: &[usize],
) -> Result<Tensor<'a>, WeightsError> {
    let model = model.name.clone();
    match state.remove(name) {
        None => Err(WeightsError::MissingTensor { model, name: name.to_owned(), expected: expected.to_vec() }),
        Some(tensor) if tensor.shape() != expected => Err(WeightsError::WrongShape {
            model,
            name: name.to_owned(),
            found: tensor.shape().to_vec(),
            expected: expected.to_vec(),
        }),
        Some(tensor) => Ok(tensor),
    }
}

/// Batch normalisation at inference: `(x - mean) / sqrt(variance + epsilon) * scale + shift`.
struct Norm<'a> {
    scale: Tensor<'a>,
    shift: Tensor<'a>,
    mean: Tensor<'a>,
    variance: Tensor<'a>,
}

/// A convolution that does what `weight`, `bias` and `norm` do one after the other. Computed in double precision, rounded once.
fn fold(weight: &Tensor<'_>, bias: Option<&Tensor<'_>>, norm: &Norm<'_>) -> (Tensor<'static>, Tensor<'static>) {
    let factors: Vec<f64> = norm
        .scale
        .values()
        .iter()
        .zip(norm.variance.values())
        .map(|(scale, variance)| scale / (variance + EPSILON).sqrt())
        .collect();
    let mut weights = weight.values();
    let each = weights.len() / factors.len().max(1);
    for (channel, factor) in weights.chunks_exact_mut(each.max(1)).zip(&factors) {
        channel.iter_mut().for_each(|value| *value *= factor);
    }
    let before = bias.map_or_else(|| vec![0.0; factors.len()], Tensor::values);
    let shifts = norm.shift.values();
    let biases: Vec<f64> = before
        .iter()
        .zip(norm.mean.values())
        .zip(factors.iter().zip(shifts))
        .map(|((bias, mean), (factor, shift))| (bias - mean) * factor + shift)
        .collect();
    let dtype = weight.dtype();
    let folded = Tensor::owned(dtype, weight.shape().to_vec(), &weights);
    (folded, Tensor::owned(dtype, vec![biases.len()], &biases))
}
