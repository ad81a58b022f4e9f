//! Uniform structs that cannot drift from their kernel.

use bytemuck::Pod;

use crate::{Field, Kernel};

/// A Rust struct that fills the params uniform of one kernel. Implemented by [`params!`](crate::params).
pub trait Params: Pod {
    /// The kernel.
    const KERNEL: &'static Kernel;
    /// The members, as Rust lays them out.
    const FIELDS: &'static [Field];
}

/// Defines a uniform struct for a kernel, and the test that compares its layout with naga's.
///
/// Every member, padding too, is named on both sides: `vec2u` is `[u32; 2]`, `vec4f` is `[f32; 4]`.
///
/// ```text
/// wgsl::params! {
///     /// Uniform of `sharpen.wgsl`.
///     struct Params for kernels::SHARPEN { size: [u32; 2], amount: f32, _pad: u32 }
/// }
/// ```
#[macro_export]
macro_rules! params {
    ($(#[$meta:meta])* $vis:vis struct $name:ident for $kernel:path { $($field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, $crate::__bytemuck::Pod, $crate::__bytemuck::Zeroable)]
        #[bytemuck(crate = "::tintype_wgsl::__bytemuck")]
        #[repr(C)]
        $vis struct $name { $($vis $field: $ty),* }

        impl $crate::Params for $name {
            const KERNEL: &'static $crate::Kernel = &$kernel;
            const FIELDS: &'static [$crate::Field] = &[$($crate::Field {
                name: stringify!($field),
                offset: ::std::mem::offset_of!($name, $field),
                size: ::std::mem::size_of::<$ty>(),
            }),*];
        }

        #[cfg(test)]
        #[test]
        fn params_lie_as_the_kernel_reads_them() {
            $crate::assert_layout::<$name>();
        }
    };
}

/// Panics, naming the first member that differs, unless `P` lies in memory as its kernel reads it. For tests.
pub fn assert_layout<P: Params>() {
    if let Some(difference) = difference(P::FIELDS, size_of::<P>(), P::KERNEL) {
        panic!("{}: {difference}", P::KERNEL.name);
    }
}

fn difference(fields: &[Field], bytes: usize, kernel: &Kernel) -> Option<String> {
    let unequal = fields.iter().zip(kernel.params).find(|(rust, wgsl)| rust != wgsl);
    match unequal {
        Some((rust, wgsl)) => Some(format!("Rust has {rust:?}, WGSL has {wgsl:?}")),
        None if fields.len() != kernel.params.len() => {
            Some(format!("Rust has {} members, WGSL has {}", fields.len(), kernel.params.len()))
        }
        None if bytes != kernel.params_bytes => {
            Some(format!("the struct takes {bytes} bytes in Rust, {} in WGSL", kernel.params_bytes))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Field = Field { name: "size", offset: 0, size: 8 };
    const AMOUNT: Field = Field { name: "amount", offset: 8, size: 4 };
    const PAD: Field = Field { name: "_pad", offset: 12, size: 4 };

    static KERNEL: Kernel = Kernel {
        name: "example",
        source: ["", ""],
        bindings: &[],
        overrides: &[],
        params: &[SIZE, AMOUNT, PAD],
        params_bytes: 16,
        tape: false,
    };

    #[test]
    fn equal_layouts_pass() {
        assert_eq!(difference(&[SIZE, AMOUNT, PAD], 16, &KERNEL), None);
    }

    #[test]
    fn a_swapped_member_is_found_and_both_sides_are_named() {
        let swapped = [Field { name: "amount", offset: 0, size: 4 }, Field { name: "size", offset: 4, size: 8 }, PAD];
        let text = difference(&swapped, 16, &KERNEL).expect("they differ");
        assert!(text.contains("\"amount\"") && text.contains("\"size\""), "{text}");
    }

    #[test]
    fn missing_members_and_missing_padding_are_found() {
        assert!(difference(&[SIZE, AMOUNT], 16, &KERNEL).is_some());
        assert!(difference(&[SIZE, AMOUNT, PAD], 12, &KERNEL).is_some());
    }
}
