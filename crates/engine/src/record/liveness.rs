//! Which images can share a texture, and how many bytes a recording needs at most.
//!
//! One pass over the list: an image lives from its first write to its last read. A slot is free again after the last
//! pass that touches its image, so source and target of one pass never share one.

use tintype_pixels::Size;

use super::{BufferRole, Recording};

/// Textures are rounded up to multiples of this many pixels per side, so that slightly different pictures reuse them.
const TEXTURE_CLASS_PX: u32 = 128;

/// Where a recording's images go, and what it costs. Known before the first device call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Sizes of the textures that are needed, already rounded to their class.
    pub slots: Vec<Size>,
    /// The slot of each image.
    pub slot_of_image: Vec<usize>,
    /// Device bytes of textures, uploads, tables and read-backs together, or what a recording after this needs, if that is more.
    pub peak_bytes: u64,
}

impl Recording {
    /// Folds the images onto slots; `max_side` is the adapter's largest texture side in pixels.
    pub fn allocate(&self, max_side: u32) -> Allocation {
        let mut last_use = vec![0; self.images.len()];
        for (index, pass) in self.passes.iter().enumerate() {
            for image in pass.reads().chain(pass.output) {
                last_use[image.index()] = index;
            }
        }
        if let Some(image) = self.result {
            last_use[image.index()] = usize::MAX;
        }

        let mut slots: Vec<(Size, usize)> = Vec::new(); // size class, last pass that uses it
        let mut slot_of_image = vec![usize::MAX; self.images.len()];
        for (index, pass) in self.passes.iter().enumerate() {
            let Some(image) = pass.output.map(|image| image.index()) else { continue };
            if slot_of_image[image] != usize::MAX {
                continue;
            }
            let class = texture_class(self.images[image], max_side);
            let free = slots.iter().position(|(size, busy_until)| *size == class && *busy_until < index);
            let slot = free.unwrap_or_else(|| {
                slots.push((class, 0));
                slots.len() - 1
            });
            slots[slot].1 = last_use[image];
            slot_of_image[image] = slot;
        }

        let slots: Vec<Size> = slots.into_iter().map(|(size, _)| size).collect();
        let textures: u64 = slots.iter().map(|size| size.area() * u64::from(self.texel.bytes())).sum();
        let buffers: u64 = self.buffers.iter().map(|buffer| size_class(buffer.bytes)).sum();
        let tables = size_class(self.tables.len() as u64) + size_class(self.uniforms.len() as u64);
        Allocation { slots, slot_of_image, peak_bytes: (textures + buffers + tables).max(self.least_bytes) }
    }

    /// Bytes that go up and come down, for people.
    pub fn traffic_bytes(&self) -> (u64, u64) {
        let sum = |matches: fn(&BufferRole) -> bool| {
            self.buffers.iter().filter(|buffer| matches(&buffer.role)).map(|buffer| buffer.bytes).sum()
        };
        let up = sum(|role| matches!(role, BufferRole::Upload { .. }));
        let down = sum(|role| matches!(role, BufferRole::Readback { .. }));
        (up, down)
    }
}

/// Textures come in steps of some pixels, so that slightly different images share them.
pub(crate) fn texture_class(size: Size, max_side: u32) -> Size {
    let side = |v: u32| v.next_multiple_of(TEXTURE_CLASS_PX).min(max_side.max(v));
    Size::new(side(size.width), side(size.height))
}

/// Buffers come in classes of four steps per power of two, at least 4 KiB: at most a quarter is wasted.
pub fn size_class(bytes: u64) -> u64 {
    if bytes <= 4096 {
        return 4096;
    }
    let step = bytes.next_power_of_two() / 8;
    bytes.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use tintype_wgsl::Texel;

    use super::*;
    use crate::ops::copy;

    #[test]
    fn a_chain_of_equal_images_needs_two_slots() {
        let mut recording = Recording::new(Texel::F16);
        let mut image = recording.image(Size::new(100, 100));
        for _ in 0..5 {
            image = copy::record(&mut recording, image);
        }
        let allocation = recording.allocate(8192);
        assert_eq!(allocation.slots, [Size::new(128, 128); 2]);
        for pass in recording.passes() {
            let slot = |image: super::super::ImageId| allocation.slot_of_image[image.index()];
            assert!(pass.reads().all(|read| Some(slot(read)) != pass.output.map(slot)), "{pass}");
        }
    }

    #[test]
    fn a_kept_image_keeps_its_slot() {
        let mut recording = Recording::new(Texel::F16);
        let first = recording.image(Size::new(10, 10));
        let second = copy::record(&mut recording, first);
        recording.keep(second);
        let third = copy::record(&mut recording, second);
        let fourth = copy::record(&mut recording, third);
        let allocation = recording.allocate(8192);
        assert_ne!(allocation.slot_of_image[second.index()], allocation.slot_of_image[fourth.index()]);
    }

    #[test]
    fn classes_waste_at_most_a_quarter() {
        for bytes in [1u64, 4096, 4097, 5000, 100_000, 1 << 20, (1 << 20) + 1, 134_217_728, 300_000_000] {
            let class = size_class(bytes);
            assert!(class >= bytes && (class as f64) <= (bytes as f64) * 1.25 + 4096.0, "{bytes} → {class}");
            assert_eq!(size_class(class), class);
        }
    }
}
