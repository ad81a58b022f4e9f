//! The mean of the pixels that one sample stands for (jcsample.c).
//!
//! This is libjpeg's box filter. A sharper one would be another [`average`] over more pixels; nothing else here would
//! have to know.

use tintype_pixels::Size;

use super::real_blocks;
use crate::Component;

/// How many pixels one sample stands for, across and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Pixels across, 1 to 4.
    pub h: u32,
    /// Pixels down, 1 to 4.
    pub v: u32,
}

impl Ratio {
    /// That of `component` in a frame whose largest factors are `max`.
    pub fn of(component: &Component, max: (u8, u8)) -> Self {
        Self { h: u32::from(max.0 / component.h), v: u32::from(max.1 / component.v) }
    }
}

/// The sample in column `x` from the sum of its pixels. Where 2:1 and 2:2 fall on a half, neighbours are rounded in
/// different directions, so that no plane gets lighter.
#[inline]
pub fn average(sum: u32, x: u32, ratio: Ratio) -> u8 {
    let bias = match (ratio.h, ratio.v) {
        (2, 1) => x & 1,
        (2, 2) => 1 + (x & 1),
        (h, v) => h * v / 2,
    };
    ((sum + bias) / (ratio.h * ratio.v)) as u8
}

/// The last row of samples that is computed from pixels; the rows below it, to the end of the block, repeat it.
///
/// libjpeg works in groups of rows, `max.1` pixels high: a group that the picture fills only in part is filled with
/// copies of the last row of pixels, and what is missing below the last group with copies of its last row of samples.
pub fn last_row(component: &Component, height: u32, max: (u8, u8)) -> u32 {
    (height.div_ceil(u32::from(max.1)) * u32::from(component.v)).saturating_sub(1)
}

/// The samples of a component, padded to whole real blocks, from its plane in full size.
pub(super) fn plane(full: &[u8], size: Size, component: &Component, max: (u8, u8)) -> Vec<u8> {
    let ratio = Ratio::of(component, max);
    let real = real_blocks(component);
    let (width, height) = (real.width as usize * 8, real.height as usize * 8);
    let across = size.width as usize;
    let last = last_row(component, size.height, max);
    let mut samples = Vec::with_capacity(width * height);
    let mut padded = vec![0; width * ratio.h as usize];
    let mut sums = vec![0; width];
    for y in 0..height as u32 {
        if y > last {
            samples.extend_from_within(samples.len() - width..);
            continue;
        }
        sums.fill(0);
        for v in 0..ratio.v {
            let row = (y * ratio.v + v).min(size.height - 1) as usize;
            let row = &full[row * across..(row + 1) * across];
            let inside = across.min(padded.len());
            padded[..inside].copy_from_slice(&row[..inside]);
            padded[inside..].fill(row[across - 1]);
            add_groups(&mut sums, &padded, ratio.h);
        }
        // The usual ratios as constants: a division by a variable is many times dearer.
        match (ratio.h, ratio.v) {
            (1, 1) => samples.extend_from_slice(&padded),
            (2, 1) => extend(&mut samples, &sums, Ratio { h: 2, v: 1 }),
            (1, 2) => extend(&mut samples, &sums, Ratio { h: 1, v: 2 }),
            (2, 2) => extend(&mut samples, &sums, Ratio { h: 2, v: 2 }),
            _ => extend(&mut samples, &sums, ratio),
        }
    }
    samples
}

/// Adds to each sum the next `h` samples of a row.
fn add_groups(sums: &mut [u16], row: &[u8], h: u32) {
    match h {
        1 => sums.iter_mut().zip(row).for_each(|(sum, &sample)| *sum += u16::from(sample)),
        2 => {
            for (sum, &pair) in sums.iter_mut().zip(row.as_chunks::<2>().0) {
                let pair = u16::from_le_bytes(pair);
                *sum += (pair & 255) + (pair >> 8);
            }
        }
        h => {
            for (sum, group) in sums.iter_mut().zip(row.chunks_exact(h as usize)) {
                *sum += group.iter().map(|&sample| u16::from(sample)).sum::<u16>();
            }
        }
    }
}

#[inline(always)]
fn extend(samples: &mut Vec<u8>, sums: &[u16], ratio: Ratio) {
    let start = samples.len();
    samples.resize(start + sums.len(), 0);
    for ((sample, &sum), x) in samples[start..].iter_mut().zip(sums).zip(0..) {
        *sample = average(u32::from(sum), x, ratio);
    }
}
