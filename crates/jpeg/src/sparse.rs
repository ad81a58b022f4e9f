//! Coefficients without their zeros, for the way to a GPU.
//!
//! A photograph has 8 to 15 coefficients that are not zero in a block of 64: packed, they are a quarter of their size. The
//! packing is made to be read by one invocation a block, and is planar, as [`Coefficients`] are.

use crate::{Coefficients, Frame};

/// A picture's coefficients, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sparse {
    /// What they belong to.
    pub frame: Frame,
    /// One plane per component.
    pub planes: Vec<SparsePlane>,
}

/// One component's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparsePlane {
    /// Of each block the DC value: all that a reduction to an eighth needs.
    pub dc: Vec<i16>,
    /// Of each block the place in `entries` where its AC coefficients begin. Blocks need not follow each other there, so that
    /// they can be packed in the order of a scan.
    pub starts: Vec<u32>,
    /// Of each block the number of its entries, at most 126.
    pub counts: Vec<u8>,
    /// In the upper 6 bits the place in natural order (row times 8 plus column), in the lower 10 the value, signed, -511 to
    /// 511. [`ESCAPE`] as a value says that the next entry is the value, all 16 bits of it. Places rise within a block.
    pub entries: Vec<u16>,
}

/// The value, in 10 bits, of an entry whose value follows: -512.
pub const ESCAPE: u16 = 0x200;

/// Packs coefficients.
pub fn sparse(coefficients: &Coefficients) -> Sparse {
    let planes = coefficients.planes.iter().map(|plane| SparsePlane::pack(plane.as_chunks().0)).collect();
    Sparse { frame: coefficients.frame.clone(), planes }
}

impl Sparse {
    /// The same with all zeros. Places that no block has, and blocks that the frame lacks, are left out.
    pub fn dense(&self) -> Coefficients {
        let planes = self.planes.iter().map(SparsePlane::unpack).collect();
        Coefficients { frame: self.frame.clone(), planes }
    }

    /// Bytes of all planes.
    pub fn bytes(&self) -> u64 {
        let bytes = |plane: &SparsePlane| (2 + 4 + 1) * plane.dc.len() + 2 * plane.entries.len();
        self.planes.iter().map(|plane| bytes(plane) as u64).sum()
    }
}

impl SparsePlane {
    fn pack(blocks: &[[i16; 64]]) -> Self {
        let mut packed = Self {
            dc: blocks.iter().map(|block| block[0]).collect(),
            starts: Vec::with_capacity(blocks.len()),
            counts: Vec::with_capacity(blocks.len()),
            entries: Vec::with_capacity(8 * blocks.len()),
        };
        for block in blocks {
            let start = packed.entries.len();
            packed.starts.push(start as u32);
            for (row, values) in (0_u16..).zip(block.as_chunks::<8>().0) {
                // Most rows are empty; eight values are tested at once.
                if values.iter().fold(0, |all, value| all | value) == 0 {
                    continue;
                }
                for (place, value) in (8 * row..).zip(values) {
                    if *value == 0 || place == 0 {
                        continue;
                    }
                    match *value {
                        small @ -511..=511 => packed.entries.push(place << 10 | small as u16 & 0x3ff),
                        large => packed.entries.extend([place << 10 | ESCAPE, large as u16]),
                    }
                }
            }
            packed.counts.push((packed.entries.len() - start) as u8);
        }
        packed
    }

    fn unpack(&self) -> Vec<i16> {
        let mut blocks = vec![0; 64 * self.dc.len()];
        let spans = self.starts.iter().zip(&self.counts).map(|(start, count)| {
            let entries = self.entries.get(*start as usize..).unwrap_or_default();
            entries.iter().take(usize::from(*count))
        });
        for ((block, dc), mut entries) in blocks.as_chunks_mut::<64>().0.iter_mut().zip(&self.dc).zip(spans) {
            block[0] = *dc;
            while let Some(entry) = entries.next() {
                let value = match entry & 0x3ff {
                    ESCAPE => entries.next().map_or(0, |value| *value as i16),
                    // Moved up and down again, for the sign.
                    value => (value << 6) as i16 >> 6,
                };
                block[usize::from(entry >> 10)] = value;
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use tintype_pixels::Size;

    use super::*;
    use crate::{ColorTransform, Component};

    fn coefficients(blocks: &[[i16; 64]]) -> Coefficients {
        let size = Size::new(8 * blocks.len() as u32, 8);
        let component = Component {
            id: 1,
            h: 1,
            v: 1,
            samples: size,
            blocks: Size::new(blocks.len() as u32, 1),
            quantization: [1; 64],
        };
        let frame = Frame { size, color: ColorTransform::Gray, components: vec![component] };
        Coefficients { frame, planes: vec![blocks.concat()] }
    }

    #[test]
    fn entries_are_as_described() {
        let mut block = [0; 64];
        (block[0], block[1], block[9], block[63]) = (-300, 511, -512, -1);
        let packed = sparse(&coefficients(&[[0; 64], block]));
        let plane = &packed.planes[0];
        assert_eq!(plane.dc, [0, -300]);
        assert_eq!(plane.starts, [0, 0]);
        assert_eq!(plane.counts, [0, 4]);
        assert_eq!(plane.entries, [1 << 10 | 511, 9 << 10 | ESCAPE, -512_i16 as u16, 63 << 10 | 0x3ff]);
        assert_eq!(packed.bytes(), 2 * 7 + 8);
    }

    #[test]
    fn every_value_in_every_place_comes_back() {
        let values = [i16::MIN, -2047, -513, -512, -511, -1, 0, 1, 511, 512, 513, 2047, i16::MAX];
        let block = |place: usize, value: i16| std::array::from_fn(|i| if i == place { value } else { (i % 3) as i16 });
        let blocks: Vec<[i16; 64]> =
            (0..64).flat_map(|place| values.map(|value| (place, value))).map(|(p, v)| block(p, v)).collect();
        let coefficients = coefficients(&blocks);
        assert_eq!(sparse(&coefficients).dense(), coefficients);
    }
}
