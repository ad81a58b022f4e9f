//! The tensors of each network: their names, their shapes, and what they are called elsewhere.
//!
//! A table per family, in the order of computation. Names are those of the networks' authors, without batch normalisation, which is
//! folded into the convolution before it.

mod birefnet;
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
    /// RetinaFace on ResNet50.
    RetinafaceResnet,
    /// U²-Net with few channels.
    U2netp,
    /// U²-Net.
    U2net,
    /// IS-Net.
    Isnet,
    /// BiRefNet on the large Swin transformer.
    BirefnetSwinL,
    /// BiRefNet on the tiny Swin transformer.
    BirefnetSwinT,
}

/// One tensor, or the two of a convolution, with what it takes to make them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// A tensor as it is.
    Plain { name: String, shape: Vec<usize> },
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
    /// Not at all: exporting loses the names of everything that is no convolution.
    Unknown,
}

impl Graph {
    /// Everything that the network needs, in the order of computation.
    pub(crate) fn parts(self) -> Vec<Part> {
        match self {
            Self::RetinafaceMobilenet => retinaface::mobilenet(),
            Self::RetinafaceResnet => retinaface::resnet(),
            Self::U2netp => u2net::parts(&u2net::U2NETP),
            Self::U2net => u2net::parts(&u2net::U2NET),
            Self::Isnet => u2net::parts(&u2net::ISNET),
            Self::BirefnetSwinL => birefnet::parts(&birefnet::SWIN_L),
            Self::BirefnetSwinT => birefnet::parts(&birefnet::SWIN_T),
        }
    }

    pub(crate) fn nodes(self) -> Nodes {
        match self {
            Self::RetinafaceMobilenet | Self::RetinafaceResnet => Nodes::ByModule(retinaface::module),
            Self::U2netp | Self::U2net | Self::Isnet => Nodes::InOrder,
            Self::BirefnetSwinL | Self::BirefnetSwinT => Nodes::Unknown,
        }
    }

    /// Whether `name`, in the authors' files, is of no use: counters, and what only training needs.
    pub(crate) fn leaves_out(self, name: &str) -> bool {
        name.ends_with(".num_batches_tracked")
            || matches!(self, Self::BirefnetSwinL | Self::BirefnetSwinT) && birefnet::is_for_training(name)
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
            Self::Plain { name, shape } => vec![(name.clone(), shape.clone())],
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
        (Graph::RetinafaceResnet, 82, 27_290_000),
        (Graph::BirefnetSwinL, 0, 220_200_000),
        (Graph::BirefnetSwinT, 0, 44_300_000),
    ];

    #[test]
    fn tables_have_the_published_sizes_and_no_name_twice() {
        for (graph, layers, values) in ALL {
            if *layers > 0 {
                assert_eq!(graph.parts().len(), *layers, "{graph:?}");
            }
            let tensors = graph.tensors();
            let names: BTreeSet<_> = tensors.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), tensors.len(), "{graph:?}");
            let sum: usize = tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
            assert!(sum.abs_diff(*values) * 200 < *values, "{graph:?} has {sum} values, published are {values}");
        }
    }
}
