//! The tensors of each network: their names, their shapes, and what they are called elsewhere.
//!
//! A table per family, in the order of computation. Names are those of the networks' authors, without batch normalisation, which is
//! folded into the convolution before it.

mod retinaface;
mod u2net;

use serde::Deserialize;

/// A network whose weights are known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Graph {
    /// RetinaFace on MobileNetV1 with a quarter of the channels.
    RetinafaceMobilenet,
    /// U²-Net with few channels.
    U2netp,
    /// U²-Net.
    U2net,
    /// IS-Net.
    Isnet,
}

/// One tensor, or the two of a layer, with what it takes to make them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// `NAME.weight` and `NAME.bias` of a convolution, `[out, in / groups, height, width]` and `[out]`.
    Conv {
        name: String,
        shape: [usize; 4],
        /// The batch normalisation behind it, in the authors' own files.
        norm: Option<String>,
    },
}

/// How a network's convolutions are found in an ONNX file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nodes {
    /// In the order of the table.
    InOrder,
    /// By the module that the node's name gives, as the table calls it; a node of no module is an error.
    ByModule(fn(&str) -> Option<String>),
}

impl Graph {
    /// Everything that the network needs, in the order of computation.
    pub(crate) fn parts(self) -> Vec<Part> {
        match self {
            Self::RetinafaceMobilenet => retinaface::mobilenet(),
            Self::U2netp => u2net::parts(&u2net::U2NETP),
            Self::U2net => u2net::parts(&u2net::U2NET),
            Self::Isnet => u2net::parts(&u2net::ISNET),
        }
    }

    pub(crate) fn nodes(self) -> Nodes {
        match self {
            Self::RetinafaceMobilenet => Nodes::ByModule(retinaface::module),
            Self::U2netp | Self::U2net | Self::Isnet => Nodes::InOrder,
        }
    }

    /// Names and shapes of the tensors that are kept, in the order of computation.
    pub(crate) fn tensors(self) -> Vec<(String, Vec<usize>)> {
        self.parts().iter().flat_map(Part::tensors).collect()
    }
}

impl Part {
    /// Names and shapes.
    pub(crate) fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::Conv { name, shape, .. } => {
                vec![(format!("{name}.weight"), shape.to_vec()), (format!("{name}.bias"), vec![shape[0]])]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: &[(Graph, usize, usize)] = &[
        // The number of convolutions in the ONNX files, and of values in the published networks with normalisation folded.
        (Graph::RetinafaceMobilenet, 56, 422_600),
        (Graph::U2netp, 119, 1_126_000),
        (Graph::U2net, 119, 43_986_000),
        (Graph::Isnet, 119, 43_988_000),
    ];

    #[test]
    fn tables_have_the_published_sizes_and_no_name_twice() {
        for (graph, layers, values) in ALL {
            assert_eq!(graph.parts().len(), *layers, "{graph:?}");
            let tensors = graph.tensors();
            let names: BTreeSet<_> = tensors.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), tensors.len(), "{graph:?}");
            let sum: usize = tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
            assert!(sum.abs_diff(*values) * 200 < *values, "{graph:?} has {sum} values, published are {values}");
        }
    }
}
