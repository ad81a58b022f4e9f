//! naga's view of a linked kernel: is it valid for the device we ask for, and what does it bind.

use naga::{
    AddressSpace, ImageClass, Module, ShaderStage, StorageAccess, TypeInner,
    proc::{Layouter, TypeResolution},
    valid::{Capabilities, ValidationFlags, Validator},
};

use super::{Linked, ShaderError, lint};
use crate::Binding;

/// What the kernels may use. The engine requests no shader feature, so validation grants none: a kernel that passes here
/// passes on every device the engine accepts. Unpacking halves is no feature: WebGPU has it, and so has every adapter that conforms.
const REQUESTED: Capabilities = Capabilities::SHADER_FLOAT16_IN_FLOAT32;

/// What naga says of a valid kernel.
#[derive(Clone, Debug, Default)]
pub struct Reflected {
    /// Group 0, in order.
    pub bindings: Vec<Binding>,
    /// Names of the overrides, in order of declaration.
    pub overrides: Vec<String>,
    /// (name, offset, bytes) of the members of the params struct.
    pub params: Vec<(String, usize, usize)>,
    /// Bytes of the params struct.
    pub params_bytes: usize,
    /// Whether the tape's uniform is bound as group 1.
    pub tape: bool,
}

/// Parses, lints, validates and reflects.
pub(super) fn reflect(linked: &Linked) -> Result<Reflected, ShaderError> {
    let whole = |message: String| ShaderError::new(&linked.file, 0, message);
    let module = naga::front::wgsl::parse_str(&linked.text).map_err(|error| {
        let line = error.location(&linked.text).map_or(0, |place| place.line_number as usize);
        let (file, line) = linked.origin(line);
        ShaderError::new(file, line, error.message())
    })?;
    lint::check(linked)?;
    Validator::new(ValidationFlags::all(), REQUESTED).validate(&module).map_err(|error| {
        let line = error.location(&linked.text).map_or(0, |place| place.line_number as usize);
        let (file, line) = linked.origin(line);
        ShaderError::new(file, line, format!("{}: {}", error.as_inner(), chain(error.as_inner())))
    })?;
    match module.entry_points.as_slice() {
        [only] if only.name == "main" && only.stage == ShaderStage::Compute => {}
        _ => return Err(whole("a kernel has one compute entry point, called main".into())),
    }

    let mut reflected = Reflected {
        overrides: module.overrides.iter().filter_map(|(_, o)| o.name.clone()).collect(),
        ..Reflected::default()
    };
    let mut bound: Vec<(u32, Binding)> = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(place) = &variable.binding else { continue };
        if place.group == 1 {
            reflected.tape = true;
            continue;
        }
        let binding = binding(&module, variable.space, variable.ty).map_err(whole)?;
        if binding == Binding::Params {
            (reflected.params, reflected.params_bytes) = layout(&module, variable.ty).map_err(whole)?;
        }
        bound.push((place.binding, binding));
    }
    bound.sort_by_key(|(number, _)| *number);
    for (index, (number, binding)) in bound.iter().enumerate() {
        if *number as usize != index {
            return Err(whole(format!("binding {index} of group 0 is missing")));
        }
        reflected.bindings.push(*binding);
    }
    // Last where burn launches the kernel: it binds what it calls info after all buffers.
    let params = reflected.bindings.iter().filter(|binding| **binding == Binding::Params).count();
    let ends = [reflected.bindings.first(), reflected.bindings.last()];
    if params != 1 || !ends.contains(&Some(&Binding::Params)) {
        return Err(whole("one binding of group 0, the first or the last, is the params uniform".into()));
    }
    Ok(reflected)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        parts.push(source.to_string());
        next = source.source();
    }
    parts.join(": ")
}

fn binding(module: &Module, space: AddressSpace, ty: naga::Handle<naga::Type>) -> Result<Binding, String> {
    match (space, &module.types[ty].inner) {
        (AddressSpace::Uniform, _) => Ok(Binding::Params),
        (AddressSpace::Storage { access }, _) if access.contains(StorageAccess::STORE) => Ok(Binding::BufferOut),
        (AddressSpace::Storage { .. }, _) => Ok(Binding::Buffer),
        (AddressSpace::Handle, TypeInner::Image { class: ImageClass::Storage { .. }, .. }) => Ok(Binding::ImageOut),
        (AddressSpace::Handle, TypeInner::Image { class: ImageClass::Sampled { .. }, .. }) => Ok(Binding::Image),
        (space, inner) => Err(format!("kernels bind no {space:?} of {inner:?}")),
    }
}

type Layout = (Vec<(String, usize, usize)>, usize);

fn layout(module: &Module, ty: naga::Handle<naga::Type>) -> Result<Layout, String> {
    let TypeInner::Struct { members, span } = &module.types[ty].inner else {
        return Err("the params uniform is not a struct".into());
    };
    let mut layouter = Layouter::default();
    layouter.update(module.to_ctx()).map_err(|error| error.to_string())?;
    let fields = members
        .iter()
        .map(|member| {
            let size = TypeResolution::Handle(member.ty).inner_with(&module.types).size(module.to_ctx());
            (member.name.clone().unwrap_or_default(), member.offset as usize, size as usize)
        })
        .collect();
    Ok((fields, *span as usize))
}
