//! The list of passes and what they read and write.

use std::{fmt, ops::Range};

use tintype_pixels::Size;
use tintype_wgsl::{Binding, Kernel, Params, Texel};

use super::tape::{Instruction, TAPE_LEN, TapeBlock};

/// Uniform blocks and tables start at multiples of this, which satisfies every adapter's offset alignment.
const ALIGNMENT: usize = 256;

/// Invocations of a workgroup, of whatever shape: lines are counted in these.
pub(crate) const LINE: u32 = 64;

/// A working image of a recording. It has no memory until the recording runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(usize);

impl ImageId {
    /// Its place in the recording's list of images.
    pub fn index(self) -> usize {
        self.0
    }
}

/// A buffer of a recording. It has no memory until the recording runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(usize);

impl BufferId {
    /// Its place in the recording's list of buffers.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What a buffer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BufferRole {
    /// Filled from these bytes of an input before the passes run.
    Upload {
        /// Which input.
        source: usize,
        /// Which of its planes: 0, unless it is given as several.
        plane: usize,
        /// Which of the plane's bytes.
        bytes: Range<u64>,
    },
    /// Handed to the caller after the passes ran, in the order of the recording.
    Readback {
        /// How many bytes from the start are of use.
        used: u64,
    },
    /// Written and read by passes alone.
    Scratch,
    /// Left on the device for another recording, in the order of the recording.
    Kept,
    /// What an earlier recording left there.
    Given {
        /// Which input.
        source: usize,
    },
}

/// A buffer: its use and how many bytes it needs.
#[derive(Clone, Debug)]
pub(crate) struct BufferDesc {
    pub(crate) role: BufferRole,
    pub(crate) bytes: u64,
    /// Whether it is zero before the passes run; otherwise it holds what was there.
    pub(crate) is_zeroed: bool,
}

/// What stands behind one binding of group 0, after the params.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A working image, read or written as the kernel says.
    Image(ImageId),
    /// A whole buffer.
    Buffer(BufferId),
    /// A range of a buffer's bytes that begins at a multiple of [`Recording::PART_ALIGNMENT`].
    Part(BufferId, Range<u64>),
    /// A table in the recording's data: a range of bytes.
    Table(Range<u64>),
}

/// How many invocations a pass has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// At least so many in x and y.
    Plane([u32; 2]),
    /// At least so many, whatever a workgroup's shape: workgroups are counted along x, then y.
    Line(u32),
}

/// One dispatch.
#[derive(Clone, Debug)]
pub struct Pass {
    pub(crate) kernel: &'static Kernel,
    pub(crate) overrides: Vec<(&'static str, u32)>,
    /// Offset of the params block in the uniforms.
    pub(crate) params: u32,
    /// Offset of the tape's block in the uniforms; 0 is the empty tape.
    pub(crate) tape: u32,
    pub(crate) bound: Vec<Bound>,
    pub(crate) grid: Grid,
    /// What is written: an image, or nothing when it is a buffer.
    pub(crate) output: Option<ImageId>,
    tape_len: usize,
}

impl Pass {
    /// The kernel's name.
    pub fn name(&self) -> &'static str {
        self.kernel.name
    }

    /// Images that the pass reads.
    pub(crate) fn reads(&self) -> impl Iterator<Item = ImageId> {
        self.bound.iter().filter_map(|bound| match bound {
            Bound::Image(image) if Some(*image) != self.output => Some(*image),
            Bound::Image(_) | Bound::Buffer(_) | Bound::Part(..) | Bound::Table(_) => None,
        })
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kernel.name)?;
        for (name, value) in &self.overrides {
            match (*name, value) {
                ("AXIS", 0) => write!(f, ".x")?,
                ("AXIS", _) => write!(f, ".y")?,
                (name, value) => write!(f, " {name}={value}")?,
            }
        }
        if self.tape_len > 0 {
            write!(f, " +tape({})", self.tape_len)?;
        }
        match self.grid {
            Grid::Plane([x, y]) => write!(f, " {x}x{y}"),
            Grid::Line(invocations) => write!(f, " {invocations}"),
        }
    }
}

/// Everything a transformation does on the device, as data.
#[derive(Debug)]
pub struct Recording {
    pub(crate) texel: Texel,
    pub(crate) images: Vec<Size>,
    pub(crate) buffers: Vec<BufferDesc>,
    pub(crate) passes: Vec<Pass>,
    /// Params and tapes, each at a multiple of the alignment. Block 0 is the empty tape.
    pub(crate) uniforms: Vec<u8>,
    /// Tables that kernels read, each at a multiple of the alignment.
    pub(crate) tables: Vec<u8>,
    /// Images that are an input of the caller's already, and which; no pass writes them.
    pub(crate) given: Vec<(ImageId, usize)>,
    /// Coefficients that passes have decoded: of which input, and where in the buffer each of its planes is.
    pub(crate) decoded: Vec<(usize, BufferId, Vec<Range<u64>>)>,
    /// The image that a caller wants as a texture, kept alive to the end.
    pub(crate) result: Option<ImageId>,
    /// Device bytes that are asked for at least: those of a recording that will read what this one keeps.
    pub(crate) least_bytes: u64,
}

impl Recording {
    /// An empty recording whose working images have this texel format.
    pub fn new(texel: Texel) -> Self {
        let mut recording = Self {
            texel,
            images: Vec::new(),
            buffers: Vec::new(),
            passes: Vec::new(),
            uniforms: Vec::new(),
            tables: Vec::new(),
            given: Vec::new(),
            decoded: Vec::new(),
            result: None,
            least_bytes: 0,
        };
        recording.uniform(bytemuck::bytes_of(&TapeBlock::new(&[])));
        recording
    }

    /// The size of an image.
    pub fn size(&self, image: ImageId) -> Size {
        self.images[image.0]
    }

    /// The passes, in the order they run.
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// A new image. It has no contents until a pass writes it.
    pub fn image(&mut self, size: Size) -> ImageId {
        self.images.push(size);
        ImageId(self.images.len() - 1)
    }

    /// The image that input `source` is, a texture of at least `size`. Only read.
    pub fn given(&mut self, source: usize, size: Size) -> ImageId {
        let image = self.image(size);
        self.given.push((image, source));
        image
    }

    /// A buffer that holds `bytes` of input `source`.
    pub fn upload(&mut self, source: usize, bytes: Range<u64>) -> BufferId {
        self.upload_plane(source, 0, bytes)
    }

    /// A buffer that holds `bytes` of one plane of input `source`.
    pub fn upload_plane(&mut self, source: usize, plane: usize, bytes: Range<u64>) -> BufferId {
        let len = bytes.end - bytes.start;
        self.buffer(BufferRole::Upload { source, plane, bytes }, len)
    }

    /// Has the planes of input `source` be read from these parts of a buffer, which passes write, instead of uploads.
    pub fn decode(&mut self, source: usize, coefficients: BufferId, planes: &[Range<u64>]) {
        self.decoded.push((source, coefficients, planes.to_vec()));
    }

    /// Where a plane of input `source` is, if it is decoded on the device.
    pub(crate) fn decoded(&self, source: usize, plane: usize) -> Option<(BufferId, Range<u64>)> {
        let (_, buffer, planes) = self.decoded.iter().find(|(decoded, ..)| *decoded == source)?;
        Some((*buffer, planes.get(plane)?.clone()))
    }

    /// A buffer of `bytes` that passes write before others read it.
    pub fn scratch(&mut self, bytes: u64) -> BufferId {
        self.buffer(BufferRole::Scratch, bytes)
    }

    /// A buffer of `bytes`, of which the caller gets the first `used` back.
    pub fn readback(&mut self, bytes: u64, used: u64) -> BufferId {
        self.buffer(BufferRole::Readback { used }, bytes)
    }

    /// A buffer of `bytes` that passes write, and that stays on the device for a recording that is given it.
    pub fn kept(&mut self, bytes: u64) -> BufferId {
        self.buffer(BufferRole::Kept, bytes)
    }

    /// The buffer that input `source` is, of at least `bytes`. Only read.
    pub fn given_buffer(&mut self, source: usize, bytes: u64) -> BufferId {
        self.buffer(BufferRole::Given { source }, bytes)
    }

    /// Asks for the memory of `next` too, which will be given what this keeps: then that cannot wait for memory while it holds some.
    pub fn reserve_for(&mut self, next: &Self) {
        self.least_bytes = self.least_bytes.max(next.allocate(u32::MAX).peak_bytes);
    }

    /// Asks for at least so many bytes of device memory, for recordings that will read what this keeps.
    pub fn reserve_bytes(&mut self, bytes: u64) {
        self.least_bytes = self.least_bytes.max(bytes);
    }

    /// Has `buffer` hold zeros before the passes run.
    pub fn zero(&mut self, buffer: BufferId) {
        self.buffers[buffer.0].is_zeroed = true;
    }

    fn buffer(&mut self, role: BufferRole, bytes: u64) -> BufferId {
        self.buffers.push(BufferDesc { role, bytes, is_zeroed: false });
        BufferId(self.buffers.len() - 1)
    }

    /// Puts a table where kernels can read it.
    pub fn table<T: bytemuck::Pod>(&mut self, values: &[T]) -> Bound {
        let start = append(&mut self.tables, bytemuck::cast_slice(values));
        Bound::Table(start as u64..self.tables.len() as u64)
    }

    /// Keeps `image` to the end; it is handed to the caller as a texture.
    pub fn keep(&mut self, image: ImageId) {
        // What is the caller's already stays so.
        let is_given = self.given.iter().any(|(given, _)| *given == image);
        self.result = Some(if is_given { crate::ops::copy::record(self, image) } else { image });
    }

    /// Starts a pass with these params; the kernel follows from their type.
    pub fn pass<P: Params>(&mut self, params: P) -> PassBuilder<'_> {
        let params = self.uniform(bytemuck::bytes_of(&params));
        let pass = Pass {
            kernel: P::KERNEL,
            overrides: Vec::new(),
            params,
            tape: 0,
            bound: Vec::new(),
            grid: Grid::Plane([0, 0]),
            output: None,
            tape_len: 0,
        };
        PassBuilder { recording: self, pass }
    }

    /// Applies `instructions` to `image`: on the stores that wrote it where their kernel can carry them and carries nothing
    /// yet, else in passes of their own.
    pub fn apply(&mut self, image: ImageId, instructions: &[Instruction]) -> ImageId {
        let mut image = image;
        for part in instructions.chunks(TAPE_LEN) {
            let read = self.passes.iter().any(|pass| pass.reads().any(|read| read == image))
                || self.given.iter().any(|(given, _)| *given == image);
            let carried = self.writers(image).all(|pass| pass.kernel.tape && pass.tape == 0);
            if read || !carried {
                image = crate::ops::copy::record(self, image);
            }
            let tape = self.uniform(bytemuck::bytes_of(&TapeBlock::new(part)));
            for pass in self.passes.iter_mut().filter(|pass| pass.output == Some(image)) {
                pass.tape = tape;
                pass.tape_len = part.len();
                pass.overrides.push(("TAPE", 1));
            }
        }
        image
    }

    fn writers(&self, image: ImageId) -> impl Iterator<Item = &Pass> {
        self.passes.iter().filter(move |pass| pass.output == Some(image))
    }

    fn uniform(&mut self, bytes: &[u8]) -> u32 {
        append(&mut self.uniforms, bytes) as u32
    }

    /// Where parts of buffers may begin.
    pub const PART_ALIGNMENT: u64 = ALIGNMENT as u64;

    /// Bytes that a binding of group 1 spans.
    pub(crate) const TAPE_BYTES: u64 = TapeBlock::BYTES as u64;
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pass in &self.passes {
            writeln!(f, "{pass}")?;
        }
        Ok(())
    }
}

/// Appends `bytes` at the next multiple of the alignment; returns where.
fn append(to: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let start = to.len().next_multiple_of(ALIGNMENT);
    to.resize(start, 0);
    to.extend_from_slice(bytes);
    start
}

/// A pass on its way into a recording. Bindings are given in the kernel's order; the last call is a `write`.
#[derive(Debug)]
pub struct PassBuilder<'a> {
    recording: &'a mut Recording,
    pass: Pass,
}

impl PassBuilder<'_> {
    /// Sets a pipeline constant.
    pub fn set(mut self, name: &'static str, value: u32) -> Self {
        debug_assert!(self.pass.kernel.has_override(name), "{} has no override {name}", self.pass.kernel.name);
        self.pass.overrides.push((name, value));
        self
    }

    /// Binds an image to read.
    pub fn read(self, image: ImageId) -> Self {
        self.bind(Bound::Image(image))
    }

    /// Binds a buffer to read.
    pub fn buffer(self, buffer: BufferId) -> Self {
        self.bind(Bound::Buffer(buffer))
    }

    /// Binds a range of a buffer's bytes to read. It begins at a multiple of [`Recording::PART_ALIGNMENT`].
    pub fn part(self, buffer: BufferId, bytes: Range<u64>) -> Self {
        self.bind(Bound::Part(buffer, bytes))
    }

    /// Binds what was bound before.
    pub fn bound(self, bound: &Bound) -> Self {
        self.bind(bound.clone())
    }

    /// Binds a table to read.
    pub fn table(self, table: &Bound) -> Self {
        self.bind(table.clone())
    }

    /// Number of invocations, where it is not the number of pixels that are written.
    pub fn grid(mut self, x: u32, y: u32) -> Self {
        self.pass.grid = Grid::Plane([x, y]);
        self
    }

    /// Number of invocations, which the kernel counts by workgroups of 64: see `line.wgsl`.
    pub fn line(mut self, invocations: u32) -> Self {
        self.pass.grid = Grid::Line(invocations);
        self
    }

    /// Writes a new image of `size`.
    pub fn write(self, size: Size) -> ImageId {
        let image = self.recording.image(size);
        self.write_to(image)
    }

    /// Writes an image, or part of it, that exists already.
    pub fn write_to(mut self, image: ImageId) -> ImageId {
        if self.pass.grid == Grid::Plane([0, 0]) {
            self.pass.grid = Grid::Plane(self.recording.size(image).into());
        }
        self.pass.output = Some(image);
        self.bind(Bound::Image(image)).finish();
        image
    }

    /// Writes a buffer.
    pub fn write_buffer(self, buffer: BufferId) {
        self.bind(Bound::Buffer(buffer)).finish();
    }

    fn bind(mut self, bound: Bound) -> Self {
        self.pass.bound.push(bound);
        self
    }

    fn finish(self) {
        let Self { recording, pass } = self;
        debug_assert_eq!(shape(&pass), &pass.kernel.bindings[1..], "bindings of {}", pass.kernel.name);
        recording.passes.push(pass);
    }
}

/// The pass's bindings as the kernel would describe them.
fn shape(pass: &Pass) -> Vec<Binding> {
    let last = pass.bound.len().saturating_sub(1);
    let shape = pass.bound.iter().enumerate().map(|(index, bound)| match (bound, index == last) {
        (Bound::Image(_), false) => Binding::Image,
        (Bound::Image(_), true) => Binding::ImageOut,
        (Bound::Buffer(_) | Bound::Part(..), true) => Binding::BufferOut,
        (Bound::Buffer(_) | Bound::Part(..) | Bound::Table(_), _) => Binding::Buffer,
    });
    shape.collect()
}
