//! ONNX: the nodes of a graph and its constant tensors.
//!
//! Protocol buffers are read by hand, since of some hundred message types six fields of three are needed. Everything borrows
//! from the file. Not read: attributes, tensors kept in other files, subgraphs.
//! The field numbers are those of `onnx.proto`.

use std::collections::BTreeMap;

use crate::{
    WeightsError,
    tensor::{Dtype, Tensor},
};

/// A node: what it computes, from what, to what.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    pub(crate) op: &'a str,
    pub(crate) inputs: Vec<&'a str>,
    pub(crate) outputs: Vec<&'a str>,
}

/// A graph's nodes in their order, and its floating-point constants by name.
#[derive(Debug, Default)]
pub(crate) struct Onnx<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) constants: BTreeMap<&'a str, Tensor<'a>>,
    /// From the output of each `Identity` to its input.
    aliases: BTreeMap<&'a str, &'a str>,
}

/// More nodes, and inputs of nodes, than any network here has by far.
const MOST_NODES: usize = 100_000;

impl<'a> Onnx<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        Self::model(bytes).map_err(|why| WeightsError::Format { format: "ONNX", why })
    }

    fn model(bytes: &'a [u8]) -> Result<Self, String> {
        let mut graph = None;
        let mut message = Message(bytes);
        while let Some((number, value)) = message.next()? {
            if number == 7 && graph.replace(value.bytes("graph")?).is_some() {
                return Err("it has two graphs".to_owned());
            }
        }
        let mut read = Self::default();
        let mut message = Message(graph.ok_or("it has no graph")?);
        while let Some((number, value)) = message.next()? {
            match number {
                1 => {
                    let node = node(value.bytes("node")?)?;
                    if let ("Identity", [input], [output]) = (node.op, &*node.inputs, &*node.outputs) {
                        read.aliases.insert(output, input);
                    }
                    read.nodes.push(node);
                }
                5 => {
                    if let Some((name, tensor)) = constant(value.bytes("initializer")?)? {
                        read.constants.insert(name, tensor);
                    }
                }
                _ => {}
            }
            if read.nodes.len() > MOST_NODES {
                return Err(format!("it has more than {MOST_NODES} nodes"));
            }
        }
        Ok(read)
    }

    /// The constant called `name`, directly or through `Identity` nodes.
    pub(crate) fn resolve(&self, name: &'a str) -> Option<&Tensor<'a>> {
        let mut name = name;
        // More steps than aliases go in a circle.
        for _ in 0..=self.aliases.len() {
            if let Some(tensor) = self.constants.get(name) {
                return Some(tensor);
            }
            name = self.aliases.get(name)?;
        }
        None
    }
}

fn node(bytes: &[u8]) -> Result<Node<'_>, String> {
    let mut node = Node::default();
    let mut message = Message(bytes);
    while let Some((number, value)) = message.next()? {
        match number {
            1 => node.inputs.push(value.text("node input")?),
            2 => node.outputs.push(value.text("node output")?),
            3 => node.name = value.text("node name")?,
            4 => node.op = value.text("node type")?,
            _ => {}
        }
        if node.inputs.len() + node.outputs.len() > MOST_NODES {
            return Err(format!("a node has more than {MOST_NODES} inputs and outputs"));
        }
    }
    Ok(node)
}

/// `data_type` of single and half precision.
const FLOAT: u64 = 1;
const FLOAT16: u64 = 10;

/// A tensor with its name; none of a type that weights do not have, such as the integers that are shapes.
fn constant(bytes: &[u8]) -> Result<Option<(&str, Tensor<'_>)>, String> {
    /// No tensor has more dimensions.
    const MOST_DIMENSIONS: usize = 8;
    let (mut name, mut kind, mut raw, mut floats) = ("", 0, None, None);
    let mut shape = Vec::new();
    let mut is_elsewhere = false;
    let mut message = Message(bytes);
    while let Some((number, value)) = message.next()? {
        match (number, value) {
            (1, Value::Number(side)) => shape.push(length(side)?),
            (1, Value::Bytes(packed)) => {
                let mut packed = Message(packed);
                while !packed.0.is_empty() && shape.len() <= MOST_DIMENSIONS {
                    shape.push(length(packed.number()?)?);
                }
            }
            (2, Value::Number(number)) => kind = number,
            (4, Value::Bytes(packed)) => floats = Some(packed),
            (8, value) => name = value.text("tensor name")?,
            (9, Value::Bytes(bytes)) => raw = Some(bytes),
            (14, Value::Number(location)) => is_elsewhere = location != 0,
            _ => {}
        }
        if shape.len() > MOST_DIMENSIONS {
            return Err(format!("the tensor {name:?} has more than {MOST_DIMENSIONS} dimensions"));
        }
    }
    let (dtype, data) = match kind {
        FLOAT => (Dtype::F32, raw.or(floats)),
        FLOAT16 => (Dtype::F16, raw),
        _ => return Ok(None),
    };
    if is_elsewhere {
        return Err(format!("the tensor {name:?} is kept in another file, which is not read"));
    }
    let data = data.ok_or_else(|| format!("the tensor {name:?} has no data, or in a field that is not read"))?;
    let tensor = Tensor::new(dtype, shape, data.into()).map_err(|why| format!("the tensor {name:?}: {why}"))?;
    Ok(Some((name, tensor)))
}

fn length(side: u64) -> Result<usize, String> {
    usize::try_from(side).map_err(|_too_large| format!("a dimension of {side}"))
}

/// The rest of a message of protocol buffers.
struct Message<'a>(&'a [u8]);

/// A field's value, as far as the wire format tells.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of four or eight bytes; nothing here needs their values.
    Fixed,
}

impl<'a> Value<'a> {
    fn bytes(self, what: &str) -> Result<&'a [u8], String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) | Self::Fixed => Err(format!("{what} is a number and should be bytes")),
        }
    }

    fn text(self, what: &str) -> Result<&'a str, String> {
        str::from_utf8(self.bytes(what)?).map_err(|_not_utf8| format!("{what} is no text"))
    }
}

impl<'a> Message<'a> {
    /// The next field's number and value; `None` at the end.
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = self.number()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            kind => return Err(format!("a field of wire type {kind}")),
        };
        Ok(Some((tag >> 3, value)))
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or("it ends within a number")?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number of more than 64 bits".to_owned())
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let found = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = found.ok_or_else(|| format!("a field of {length} bytes, {} are left", self.0.len()))?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn number(mut number: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while number >= 0x80 {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
        out
    }

    /// A field of bytes.
    pub(crate) fn field(field: u8, bytes: &[u8]) -> Vec<u8> {
        [&[field << 3 | 2], &*number(bytes.len()), bytes].concat()
    }

    /// A constant in single precision.
    pub(crate) fn initializer(name: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
        let mut tensor: Vec<u8> = shape.iter().flat_map(|side| [vec![0x08], number(*side)].concat()).collect();
        tensor.extend([0x10, 1]);
        tensor.extend(field(8, name.as_bytes()));
        tensor.extend(field(9, data));
        field(5, &tensor)
    }

    /// A node.
    pub(crate) fn node(name: &str, op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
        let mut node: Vec<u8> = inputs.iter().flat_map(|input| field(1, input.as_bytes())).collect();
        node.extend(field(2, output.as_bytes()));
        node.extend(field(3, name.as_bytes()));
        node.extend(field(4, op.as_bytes()));
        field(1, &node)
    }

    pub(crate) fn model(fields: &[Vec<u8>]) -> Vec<u8> {
        let mut model = vec![0x08, 6];
        model.extend(field(7, &fields.concat()));
        model
    }

    fn why(bytes: &[u8]) -> String {
        Onnx::read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn nodes_and_constants_are_read_and_aliases_followed() {
        let bytes = model(&[
            node("/a/Conv", "Conv", &["x", "w", "b"], "y"),
            node("", "Identity", &["w"], "w2"),
            node("", "Identity", &["w2"], "w3"),
            initializer("w", &[1, 2], &[0, 0, 128, 63, 0, 0, 0, 64]),
        ]);
        let onnx = Onnx::read(&bytes).unwrap();
        assert_eq!(
            onnx.nodes[0],
            Node { name: "/a/Conv", op: "Conv", inputs: vec!["x", "w", "b"], outputs: vec!["y"] }
        );
        let tensor = onnx.resolve("w3").unwrap();
        assert_eq!((tensor.shape(), tensor.values()), (&[1, 2][..], vec![1.0, 2.0]));
        assert!(onnx.resolve("b").is_none());
    }

    #[test]
    fn aliases_in_a_circle_lead_nowhere() {
        let bytes = model(&[node("", "Identity", &["a"], "b"), node("", "Identity", &["b"], "a")]);
        assert!(Onnx::read(&bytes).unwrap().resolve("a").is_none());
    }

    #[test]
    fn integers_are_passed_over_and_other_places_of_data_refused() {
        let mut tensor = vec![0x08, 1, 0x10, 7];
        tensor.extend(field(9, &[0; 8]));
        assert!(Onnx::read(&model(&[field(5, &tensor)])).unwrap().constants.is_empty());
        tensor[3] = 1;
        tensor.extend([14 << 3, 1]);
        assert!(why(&model(&[field(5, &tensor)])).contains("another file"));
    }

    #[test]
    fn lies_are_refused() {
        assert!(why(&[]).contains("no graph"));
        assert!(why(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).contains("bytes,"));
        assert!(why(&[0x3a, 5, 0]).contains("5 bytes, 1 are left"));
        assert!(why(&[0x0b]).contains("wire type 3"));
        assert!(why(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).contains("64 bits"));
        assert!(why(&model(&[initializer("w", &[2, 2], &[0; 15])])).contains("\"w\": shape [2, 2]"));
        assert!(why(&model(&[initializer("w", &[127; 9], &[0; 15])])).contains("dimensions"));
        assert!(why(&model(&[field(1, &field(4, &[0xff]))])).contains("no text"));
        let huge = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x10, 1, 0x4a, 0];
        assert!(why(&model(&[field(5, &huge)])).contains("does not fit"));
    }
}
