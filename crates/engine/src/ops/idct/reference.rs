//! The twin of `idct.wgsl` and its smaller forms: the arithmetic of `tintype_jpeg::inverse`, in whole blocks.

use tintype_jpeg::{Component, inverse};

use super::row_bytes;

/// The samples of all blocks of `component`, row by row with its padding.
pub fn plane(component: &Component, blocks: &[i16], side: u32) -> Vec<u8> {
    let (stride, side) = (row_bytes(component, side) as usize, side as usize);
    let mut samples = vec![0; stride * side * component.blocks.height as usize];
    for (index, block) in blocks.as_chunks::<64>().0.iter().enumerate() {
        let (x, y) = (index % component.blocks.width as usize, index / component.blocks.width as usize);
        let table = &component.quantization;
        let values = match side {
            1 => vec![inverse::eighth(block, table)],
            2 => inverse::quarter(block, table).to_vec(),
            4 => inverse::half(block, table).to_vec(),
            _ => inverse::block(block, table).to_vec(),
        };
        for (row, values) in values.chunks_exact(side).enumerate() {
            let start = (y * side + row) * stride + x * side;
            samples[start..start + side].copy_from_slice(values);
        }
    }
    samples
}
