//! One source and what happens to it, in order.

use tintype_pixels::Size;

use crate::{
    ops::{Step, Unpack},
    record::{ImageId, Instruction, Recording},
};

/// A source and the list of steps after it. Overlays hold pictures of their own: a tree of lists, never a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Where the pixels come from.
    pub unpack: Unpack,
    /// What happens to them.
    pub steps: Vec<Step>,
}

impl Picture {
    /// Width and height of the result.
    pub fn size(&self) -> Size {
        self.steps.iter().fold(self.unpack.output(), |size, step| step.op().output(size))
    }

    /// How source `index` is read, by this picture or by one that is drawn on it.
    pub fn unpack_of(&self, index: usize) -> Option<&Unpack> {
        if self.unpack.source == index {
            return Some(&self.unpack);
        }
        self.steps.iter().find_map(|step| match step {
            Step::Composite(composite) => composite.layer.unpack_of(index),
            Step::Matte(matte) => matte.matte.unpack_of(index),
            _ => None,
        })
    }

    /// Every size on the way, the unpacked one first.
    pub fn sizes(&self) -> impl Iterator<Item = Size> {
        let first = self.unpack.output();
        std::iter::once(first).chain(self.steps.iter().scan(first, |size, step| {
            *size = step.op().output(*size);
            Some(*size)
        }))
    }

    /// Appends all passes. Runs of point operations ride as one tape on the store before them.
    pub fn record(&self, recording: &mut Recording) -> ImageId {
        let mut image = self.unpack.record(recording);
        let mut tape: Vec<Instruction> = Vec::new();
        for step in &self.steps {
            if let Some(instruction) = step.op().instruction() {
                tape.push(instruction);
                continue;
            }
            image = recording.apply(image, &std::mem::take(&mut tape));
            image = step.op().record(recording, image);
        }
        recording.apply(image, &tape)
    }

    /// What the scalar twins make of it; `inputs` are the decoded sources of the plan.
    #[cfg(any(test, feature = "reference"))]
    pub fn reference(&self, inputs: &[tintype_pixels::Planes]) -> crate::reference::RefImage {
        let input = &inputs[self.unpack.source];
        let first = crate::ops::unpack::reference::unpack(&self.unpack, input);
        self.steps.iter().fold(first, |image, step| step.reference(&image, inputs))
    }
}
