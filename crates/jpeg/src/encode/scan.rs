//! Which coefficients a scan holds, and the order of its blocks.

use tintype_pixels::Size;

use super::Restart;
use crate::{ColorTransform, Frame, forward::real_blocks};

/// One scan (T.81, B.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Indices of components, ascending.
    pub(super) components: Vec<usize>,
    /// First place of the band in zig-zag order, Ss.
    pub(super) first: u8,
    /// Last place of the band, Se.
    pub(super) last: u8,
    /// Bits left out by the scan before this one of the same band, Ah; zero in the first.
    pub(super) high: u8,
    /// Bits left out by this scan, Al: at most two.
    pub(super) low: u8,
}

impl Scan {
    /// Everything in one scan.
    pub(super) fn sequential(frame: &Frame) -> Self {
        Self { components: (0..frame.components.len()).collect(), first: 0, last: 63, high: 0, low: 0 }
    }

    /// Differences of DC values are coded: a refinement has bits alone.
    pub(super) fn codes_dc(&self) -> bool {
        self.first == 0 && self.high == 0
    }

    pub(super) fn codes_ac(&self) -> bool {
        self.last > 0
    }

    /// Blocks of an MCU.
    pub(super) fn mcu_blocks(&self, frame: &Frame) -> u32 {
        match self.components.as_slice() {
            [_] => 1,
            many => many.iter().map(|&i| u32::from(frame.components[i].h) * u32::from(frame.components[i].v)).sum(),
        }
    }

    /// Width and height in MCUs: of one component alone, each real block is one (A.2.2).
    pub(super) fn mcus(&self, frame: &Frame) -> Size {
        match self.components.as_slice() {
            [alone] => real_blocks(&frame.components[*alone]),
            _ => frame.mcus(),
        }
    }

    /// MCUs between restart markers, zero for none. As many rows as do not fit are cut, as in libjpeg.
    pub(super) fn interval(&self, frame: &Frame, restart: Restart) -> u16 {
        match restart {
            Restart::Never => 0,
            Restart::Mcus(mcus) => mcus,
            Restart::Rows(rows) => (u32::from(rows) * self.mcus(frame).width).min(65535) as u16,
        }
    }

    /// Visits the blocks in their order: place among the scan's components, index in the plane. `restart` is called
    /// between intervals.
    pub(super) fn walk(&self, frame: &Frame, restart: Restart, mut visit: impl FnMut(Step)) {
        let mcus = self.mcus(frame);
        let interval = u32::from(self.interval(frame, restart));
        let mut left = interval;
        let mut next = |visit: &mut dyn FnMut(Step)| {
            if interval > 0 {
                if left == 0 {
                    visit(Step::Restart);
                    left = interval;
                }
                left -= 1;
            }
        };
        let component = |index: usize| {
            let component = &frame.components[index];
            (component.h as usize, component.v as usize, component.blocks.width as usize)
        };
        if let [alone] = self.components.as_slice() {
            let (_, _, across) = component(*alone);
            for y in 0..mcus.height as usize {
                for x in 0..mcus.width as usize {
                    next(&mut visit);
                    visit(Step::Block { member: 0, index: y * across + x });
                }
            }
            return;
        }
        let members: Vec<_> = self.components.iter().map(|&index| component(index)).collect();
        for y in 0..mcus.height as usize {
            for x in 0..mcus.width as usize {
                next(&mut visit);
                for (member, &(h, v, across)) in members.iter().enumerate() {
                    for row in y * v..(y + 1) * v {
                        for index in row * across + x * h..row * across + (x + 1) * h {
                            visit(Step::Block { member, index });
                        }
                    }
                }
            }
        }
    }
}

/// What comes next in a scan.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A block of the `member`th component of the scan.
    Block { member: usize, index: usize },
    /// A restart marker: predictions begin anew.
    Restart,
}

/// The scans of a progressive file as jpeg_simple_progression has them (jcparam.c).
pub(super) fn script(frame: &Frame) -> Vec<Scan> {
    let all = || (0..frame.components.len()).collect::<Vec<_>>();
    let scan = |components, first, last, high, low| Scan { components, first, last, high, low };
    if frame.color == ColorTransform::YCbCr {
        return vec![
            scan(all(), 0, 0, 0, 1),
            // Some of luma soon.
            scan(vec![0], 1, 5, 0, 2),
            // Chroma is too small for many scans.
            scan(vec![2], 1, 63, 0, 1),
            scan(vec![1], 1, 63, 0, 1),
            scan(vec![0], 6, 63, 0, 2),
            scan(vec![0], 1, 63, 2, 1),
            scan(all(), 0, 0, 1, 0),
            scan(vec![2], 1, 63, 1, 0),
            scan(vec![1], 1, 63, 1, 0),
            // The last bit of luma is the most of all.
            scan(vec![0], 1, 63, 1, 0),
        ];
    }
    let each = |first, last, high, low| all().into_iter().map(move |i| scan(vec![i], first, last, high, low));
    let mut scans = vec![scan(all(), 0, 0, 0, 1)];
    scans.extend(each(1, 5, 0, 2));
    scans.extend(each(6, 63, 0, 2));
    scans.extend(each(1, 63, 2, 1));
    scans.push(scan(all(), 0, 0, 1, 0));
    scans.extend(each(1, 63, 1, 0));
    scans
}
