//! Blocks of a sequential scan (T.81, F.1.2).

use super::{
    Restart,
    header::huffman_slot,
    masks::{at, masks},
    scan::{Scan, Step},
    sink::{Extra, Sink, Slot},
};
use crate::Coefficients;

const END_OF_BLOCK: u32 = 0x00;
const SIXTEEN_ZEROS: u32 = 0xf0;

/// Sends all blocks of `scan` to `sink`.
pub(super) fn code(coefficients: &Coefficients, scan: &Scan, restart: Restart, sink: &mut impl Sink) {
    let frame = &coefficients.frame;
    let members: Vec<_> = (scan.components.iter())
        .map(|&index| (coefficients.planes[index].as_chunks::<64>().0, 2 * huffman_slot(frame, index) as Slot))
        .collect();
    let mut before = [0; 4];
    scan.walk(frame, restart, |step| match step {
        Step::Block { member, index } => {
            let (blocks, dc) = members[member];
            let block = &blocks[index];
            let value = i32::from(block[0]);
            let extra = Extra::of(value - std::mem::replace(&mut before[member], value));
            sink.put(dc, extra.1, extra);
            code_ac(block, dc + 1, sink);
        }
        Step::Restart => {
            before = [0; 4];
            sink.restart();
        }
    });
}

#[inline]
fn code_ac(block: &[i16; 64], slot: Slot, sink: &mut impl Sink) {
    let [nonzero] = masks(block, |value| u8::from(value != 0));
    let mut left = nonzero & !1;
    let mut last = 0;
    while left != 0 {
        let k = left.trailing_zeros();
        left &= left - 1;
        let mut run = k - last - 1;
        last = k;
        while run > 15 {
            sink.put(slot, SIXTEEN_ZEROS, Extra::NONE);
            run -= 16;
        }
        let extra = Extra::of(at(block, k));
        sink.put(slot, (run << 4) + extra.1, extra);
    }
    if last != 63 {
        sink.put(slot, END_OF_BLOCK, Extra::NONE);
    }
}
