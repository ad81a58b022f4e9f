//! What a kernel is to the code that runs it.

/// The texel format of working images. The only two library modules that differ by it are `image_f16` and `image_f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Texel {
    /// `rgba16float`.
    F16,
    /// `rgba32float`.
    F32,
}

impl Texel {
    /// Both.
    pub const ALL: [Self; 2] = [Self::F16, Self::F32];

    /// Bytes of one texel.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::F16 => 8,
            Self::F32 => 16,
        }
    }

    /// `f16` or `f32`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
        }
    }
}

/// One binding of group 0, in the order of the kernel's `@binding` numbers, which start at 0 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    /// The params block: a uniform with a dynamic offset. Binding 0; the last of kernels that burn launches.
    Params,
    /// A working image that is read with `textureLoad`.
    Image,
    /// The working image that is written.
    ImageOut,
    /// A storage buffer that is read.
    Buffer,
    /// A storage buffer that is written.
    BufferOut,
}

/// A member of a uniform struct, as naga lays it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// Bytes from the start of the struct.
    pub offset: usize,
    /// Bytes of the member.
    pub size: usize,
}

/// One compute kernel: entry point `main`, linked for both texel formats and reflected at build time.
#[derive(Debug)]
pub struct Kernel {
    /// The file's stem, which is the op's name.
    pub name: &'static str,
    /// Linked WGSL by [`Texel`]: f16, f32.
    pub source: [&'static str; 2],
    /// Group 0.
    pub bindings: &'static [Binding],
    /// Names of the pipeline-overridable constants.
    pub overrides: &'static [&'static str],
    /// Members of the params struct.
    pub params: &'static [Field],
    /// Bytes of the params struct.
    pub params_bytes: usize,
    /// Whether the kernel's stores can carry a tape of point operations (group 1).
    pub tape: bool,
}

impl Kernel {
    /// Whether the kernel has the override `name`.
    pub fn has_override(&self, name: &str) -> bool {
        self.overrides.contains(&name)
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
