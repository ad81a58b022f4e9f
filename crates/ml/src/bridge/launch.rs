//! A kernel of ours among burn's: recorded by burn in its own encoder, so that nothing has to be flushed around it.
//!
//! Tensors share buffers, and what one binding writes no other may bind for reading alone: such a kernel binds all of its buffers for
//! writing. burn binds the params after them, and gives no overrides: the kernel's own defaults hold.

use burn::{
    backend::wgpu::CubeTensor,
    cubecl::{
        CubeCount, CubeKernel, PrecompiledSource,
        ir::{UIntKind, metadata::Info},
        prelude::{
            AddressType, CubeDim, ElemType, ExecutionMode, KernelDefinition, KernelId, KernelMetadata, KernelSettings,
            Scope,
        },
        server::{KernelArguments, MetadataBindingInfo},
    },
};
use bytemuck::{bytes_of, pod_collect_to_vec};
use tintype_wgsl::{Kernel, Params, Texel};

/// Invocations of a group: the kernels' default for `WG_X`.
pub(super) const WORKGROUP: u32 = 64;

/// Records `groups` workgroups of `kernel` with `bound`, in the order of its bindings, and its params.
pub(super) fn launch<P: Params>(kernel: &'static Kernel, params: &P, groups: [u32; 3], bound: &[&CubeTensor]) {
    let Some(first) = bound.first() else { return };
    let arguments = bound
        .iter()
        .fold(KernelArguments::new(), |arguments, tensor| arguments.with_buffer(tensor.handle.clone().binding()));
    let arguments = arguments.with_info(MetadataBindingInfo::custom(pod_collect_to_vec(bytes_of(params))));
    let [x, y, z] = groups;
    first.client.launch(Box::new(Launched(kernel)), CubeCount::Static(x, y, z), arguments);
}

#[derive(Debug)]
struct Launched(&'static Kernel);

impl KernelMetadata for Launched {
    fn id(&self) -> KernelId {
        // Our loops count to numbers from params: burn's check of each round is for kernels that nobody has looked at.
        KernelId::new::<Self>()
            .info(self.0.name)
            .cube_dim(CubeDim::new_1d(WORKGROUP).into())
            .mode(ExecutionMode::Unchecked)
    }

    fn address_type(&self) -> ElemType {
        ElemType::UInt(UIntKind::U32)
    }
}

impl CubeKernel for Launched {
    /// Not compiled, because there is a source.
    fn define(&self) -> KernelDefinition {
        let settings =
            KernelSettings::new(CubeDim::new_1d(WORKGROUP).into(), ExecutionMode::Unchecked, AddressType::U32);
        KernelDefinition { body: Scope::root(settings.clone()), settings, info: Info::default() }
    }

    fn source(&self) -> Option<PrecompiledSource> {
        // Nothing of working images in it: both texels' sources are the same.
        let source = self.0.source[Texel::F32 as usize].to_owned();
        Some(PrecompiledSource { source, entrypoint_name: "main".to_owned(), lang: "wgsl" })
    }
}
