//! Point operations as a short list of instructions that rides on the store of another pass.

use bytemuck::{Pod, Zeroable};

/// How many instructions one tape holds; `tape.wgsl` has the same number.
pub const TAPE_LEN: usize = 16;

/// One point operation: which, and up to twelve numbers.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Instruction {
    opcode: u32,
    _pad: [u32; 3],
    numbers: [[f32; 4]; 3],
}

impl Instruction {
    /// `opcode` is one of [`kernels::opcode`](crate::kernels::opcode).
    pub fn new(opcode: u32, numbers: [[f32; 4]; 3]) -> Self {
        Self { opcode, _pad: [0; 3], numbers }
    }
}

/// The uniform block of group 1.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct TapeBlock {
    count: u32,
    _pad: [u32; 3],
    instructions: [Instruction; TAPE_LEN],
}

impl TapeBlock {
    /// Bytes of the block, which every binding of group 1 spans.
    pub(super) const BYTES: usize = size_of::<Self>();

    /// A block of at most [`TAPE_LEN`] instructions; the recording splits longer tapes.
    pub(super) fn new(instructions: &[Instruction]) -> Self {
        let mut block = Self::zeroed();
        block.count = instructions.len() as u32;
        block.instructions[..instructions.len()].copy_from_slice(instructions);
        block
    }
}
