//! What an operation has to say of itself.

use std::fmt;

use tintype_pixels::{Planes, Size};
use tintype_wgsl::Texel;

use super::Step;
use crate::record::{ImageId, Instruction, Recording};
#[cfg(any(test, feature = "reference"))]
use crate::reference::RefImage;

/// How far one output pixel looks. The planner fuses and reorders by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At the same pixel only: the operation is an instruction of a tape.
    Point,
    /// At pixels this far away, per axis.
    Window(u32),
    /// At one pixel elsewhere: the operation only moves pixels.
    Map,
    /// Anywhere along an axis.
    Whole,
}

/// One image operation: knows its geometry, its passes and how it reads in a plan.
pub trait Op: fmt::Debug {
    /// The size this operation makes of `input`. Pure; the planner calls it, the recorder trusts it.
    fn output(&self, input: Size) -> Size {
        input
    }

    /// How far one output pixel looks.
    fn reach(&self) -> Reach;

    /// Appends passes. No device here: a recording is data.
    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId;

    /// The operation as an instruction, where its reach is [`Reach::Point`].
    fn instruction(&self) -> Option<Instruction> {
        None
    }

    /// The parameters, as a plan prints them after name and sizes.
    fn describe(&self) -> String {
        String::new()
    }
}

/// What tests and benches iterate over.
#[cfg(any(test, feature = "reference"))]
pub trait Exercised: Op + Sized {
    /// Parameters, pictures and tolerances that together show that the kernel does what the twin does.
    fn cases() -> Vec<Case>;

    /// The scalar twin. `inputs` are the decoded sources of the plan, for operations that read more than one picture.
    fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage;
}

/// One thing to try: an operation on pictures, and how far kernel and twin may differ.
#[derive(Clone, Debug)]
pub struct Case {
    /// The operation.
    pub step: Step,
    /// Which sizes of synthetic pictures to try it on.
    pub sizes: Vec<Size>,
    /// Further inputs, for operations that read more than one picture; input 0 is the synthetic one.
    pub layers: Vec<Planes>,
    /// How far they may differ.
    pub tolerance: Tolerance,
    /// In which texel formats the operation works.
    pub texels: &'static [Texel],
}

impl Case {
    /// Sizes that find mistakes: one pixel, lines, primes, one over a workgroup, one over a segment of a sliding window.
    pub const SIZES: [Size; 7] = [
        Size::new(1, 1),
        Size::new(1, 37),
        Size::new(37, 1),
        Size::new(17, 13),
        Size::new(65, 9),
        Size::new(33, 67),
        Size::new(131, 40),
    ];

    /// `step` on all of [`Case::SIZES`].
    pub fn new(step: impl Into<Step>, tolerance: Tolerance) -> Self {
        Self { step: step.into(), sizes: Self::SIZES.to_vec(), layers: Vec::new(), tolerance, texels: &Texel::ALL }
    }

    /// On these sizes instead.
    pub fn on(mut self, sizes: &[Size]) -> Self {
        self.sizes = sizes.to_vec();
        self
    }

    /// In single precision only, because its values outgrow halves.
    pub fn in_single_precision(mut self) -> Self {
        self.texels = &[Texel::F32];
        self
    }

    /// With further inputs.
    pub fn with_layers(mut self, layers: Vec<Planes>) -> Self {
        self.layers = layers;
        self
    }
}

/// How far a kernel may be from its twin, per channel: `absolute + relative * |twin|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The part that does not depend on the value.
    pub absolute: f32,
    /// The part that grows with it.
    pub relative: f32,
    /// The reason, printed when it is exceeded.
    pub reason: &'static str,
}

impl Tolerance {
    /// Pixels are moved, not computed: not a bit may differ.
    pub const EXACT: Self = Self { absolute: 0.0, relative: 0.0, reason: "pixels are only moved" };

    /// For `stores` stores in half precision one after the other: each moves a value by less than one unit of the last of
    /// 11 bits, at most `2^-10` relative, because Vulkan lets drivers truncate and Mesa's software driver does. Below
    /// `2^-14` halves are spaced by `2^-24`.
    pub const fn f16_stores(stores: u8) -> Self {
        let stores = stores as f32;
        Self {
            absolute: stores * 6e-8 + 2e-6,
            relative: stores * 9.77e-4,
            reason: "one rounding to half per store, in either direction",
        }
    }

    /// [`Tolerance::f16_stores`] where adapters compute `pow` with an error of their own: Vulkan allows 16 ULP at the
    /// exponents used, and the curve's slope at black is 12.92.
    pub const fn with_pow(self) -> Self {
        Self {
            absolute: self.absolute + 2e-4,
            relative: self.relative + 1e-3,
            reason: "roundings to half, and pow within what Vulkan allows",
        }
    }

    /// Whether `got` is near enough to `twin`. NaN never is.
    pub fn allows(self, got: f32, twin: f32) -> bool {
        (got - twin).abs() <= self.absolute + self.relative * twin.abs()
    }
}
