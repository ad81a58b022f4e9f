//! The table behind a resize: for each four neighbouring outputs, which source pixels they reach and what each weighs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytemuck::{Pod, Zeroable};

use super::Filter;

/// Outputs per invocation: neighbours share most of their source pixels, and `vec4` holds four weights.
pub const GROUP: usize = 4;

/// Tables that are remembered. One is some 100 KB for a 12 MP photo; requests for the same size repeat.
const REMEMBERED: usize = 64;

/// Which stretch of a line becomes how many pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Pixels of the line. Taps beyond its ends are left out and the others scaled up.
    pub line: u32,
    /// Where the stretch begins, in pixels; may be a fraction.
    pub start: f64,
    /// How long it is, in pixels; above 0.
    pub len: f64,
    /// How many pixels it becomes.
    pub to: u32,
    /// The kernel.
    pub filter: Filter,
}

/// What four neighbouring outputs reach over together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Span {
    /// First source pixel.
    pub start: u32,
    /// Number of source pixels.
    pub len: u32,
    /// Index of the first of `len` taps.
    pub taps: u32,
    pad: u32,
}

/// Spans, and for each source pixel of each span its weight in the four outputs. Each output's weights sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One per four outputs.
    pub spans: Vec<Span>,
    /// One per source pixel of a span.
    pub taps: Vec<[f32; GROUP]>,
}

impl Stretch {
    /// How many source pixels become one; above 1 the picture shrinks.
    pub fn reduction(&self) -> f64 {
        self.len / f64::from(self.to)
    }

    /// Whether every output is exactly one source pixel, in order.
    pub fn is_identity(&self) -> bool {
        self.start == 0.0 && self.len == f64::from(self.line) && self.to == self.line
    }

    /// Whether every output is exactly one source pixel, perhaps not from the first one on.
    pub fn is_crop(&self) -> bool {
        self.start.fract() == 0.0 && self.len == f64::from(self.to)
    }

    /// The source pixels that any output reaches, as first and one past the last.
    pub fn reach(&self) -> (u32, u32) {
        let first = self.taps(0).0;
        let (last, weights) = self.taps(self.to - 1);
        (first, last + weights.len() as u32)
    }

    /// The same stretch of a line that begins `first` pixels later and has `line` pixels.
    pub fn within(mut self, first: u32, line: u32) -> Self {
        self.start -= f64::from(first);
        self.line = line;
        self
    }

    /// The table, from the remembered ones where it is there.
    pub fn weights(&self) -> Arc<Weights> {
        static TABLES: Mutex<VecDeque<(Stretch, Arc<Weights>)>> = Mutex::new(VecDeque::new());
        let remembered = || TABLES.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut tables = remembered();
            if let Some(index) = tables.iter().position(|(stretch, _)| stretch == self)
                && let Some(entry) = tables.remove(index)
            {
                let weights = entry.1.clone();
                tables.push_back(entry);
                return weights;
            }
        }
        let weights = Arc::new(self.compute());
        let mut tables = remembered();
        if tables.len() == REMEMBERED {
            tables.pop_front();
        }
        tables.push_back((*self, weights.clone()));
        weights
    }

    fn compute(&self) -> Weights {
        let mut weights = Weights { spans: Vec::new(), taps: Vec::new() };
        let outputs: Vec<u32> = (0..self.to).collect();
        for group in outputs.chunks(GROUP) {
            let each: Vec<_> = group.iter().map(|output| self.taps(*output)).collect();
            let start = each.iter().map(|(start, _)| *start).min().unwrap_or(0);
            let end = each.iter().map(|(start, taps)| start + taps.len() as u32).max().unwrap_or(0);
            let first = weights.taps.len();
            weights.spans.push(Span { start, len: end - start, taps: first as u32, pad: 0 });
            weights.taps.resize(first + (end - start) as usize, [0.0; GROUP]);
            for (place, (from, taps)) in each.iter().enumerate() {
                for (index, tap) in taps.iter().enumerate() {
                    weights.taps[first + (from - start) as usize + index][place] = *tap;
                }
            }
        }
        weights
    }

    /// First source pixel and weights of one output.
    fn taps(&self, output: u32) -> (u32, Vec<f32>) {
        let scale = self.reduction();
        let center = self.start + (f64::from(output) + 0.5) * scale;
        let last = f64::from(self.line - 1);
        if self.filter == Filter::Nearest {
            return (center.floor().clamp(0.0, last) as u32, vec![1.0]);
        }
        // The kernel widens with the reduction, so that every source pixel counts.
        let widened = scale.max(1.0);
        let support = self.filter.support() * widened;
        let first = (center - support - 0.5).ceil().clamp(0.0, last);
        let end = (center + support - 0.5).floor().clamp(first, last);
        let mut taps: Vec<f64> = (first as u32..=end as u32)
            .map(|pixel| self.filter.weight((f64::from(pixel) + 0.5 - center) / widened))
            .map(|weight| if weight.abs() < 1e-9 { 0.0 } else { weight })
            .collect();
        let lead = taps.iter().take_while(|tap| **tap == 0.0).count().min(taps.len() - 1);
        taps.drain(..lead);
        while taps.len() > 1 && taps.last() == Some(&0.0) {
            taps.pop();
        }
        let sum: f64 = taps.iter().sum();
        if sum == 0.0 {
            return (center.floor().clamp(0.0, last) as u32, vec![1.0]);
        }
        (first as u32 + lead as u32, taps.iter().map(|tap| (tap / sum) as f32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches() -> impl Iterator<Item = Stretch> {
        let sizes = [(1, 1), (1, 7), (7, 1), (10, 10), (100, 33), (33, 100), (4032, 1024), (3, 16384)];
        Filter::ALL.into_iter().flat_map(move |filter| {
            sizes.into_iter().flat_map(move |(line, to)| {
                let whole = Stretch { line, start: 0.0, len: f64::from(line), to, filter };
                [whole, Stretch { start: f64::from(line) * 0.3, len: f64::from(line) * 0.5, ..whole }]
            })
        })
    }

    #[test]
    fn constants_are_preserved_by_every_filter_at_every_size() {
        for stretch in stretches() {
            let weights = stretch.weights();
            for span in &weights.spans {
                let taps = &weights.taps[span.taps as usize..][..span.len as usize];
                let sums = taps.iter().fold([0.0f64; GROUP], |sums, tap| {
                    std::array::from_fn(|i| sums[i] + f64::from(tap[i]))
                });
                let outputs = GROUP.min((stretch.to as usize).wrapping_sub(0));
                assert!(sums[..outputs.min(1)].iter().all(|s| (s - 1.0).abs() < 1e-5), "{stretch:?} {sums:?}");
                assert!(sums.iter().all(|s| (s - 1.0).abs() < 1e-5 || *s == 0.0), "{stretch:?} {sums:?}");
                assert!(span.start + span.len <= stretch.line, "{stretch:?} reads outside the line");
            }
            assert_eq!(weights.spans.len(), stretch.to.div_ceil(GROUP as u32) as usize);
        }
    }

    #[test]
    fn scale_one_is_the_identity_for_interpolating_filters() {
        for filter in Filter::ALL.into_iter().filter(|filter| *filter != Filter::Mitchell) {
            let stretch = Stretch { line: 9, start: 2.0, len: 5.0, to: 5, filter };
            for output in 0..5 {
                assert_eq!(stretch.taps(output), (output + 2, vec![1.0]), "{filter}");
            }
        }
    }

    #[test]
    fn a_half_with_box_is_the_mean_of_two() {
        let stretch = Stretch { line: 8, start: 0.0, len: 8.0, to: 4, filter: Filter::Box };
        assert_eq!(stretch.taps(1), (2, vec![0.5, 0.5]));
    }

    #[test]
    fn weights_are_symmetric() {
        let stretch = Stretch { line: 100, start: 0.0, len: 100.0, to: 25, filter: Filter::Lanczos3 };
        let (start, taps) = stretch.taps(12);
        let mirrored: Vec<f32> = taps.iter().rev().copied().collect();
        assert_eq!(start as usize * 2 + taps.len(), 100);
        for (a, b) in taps.iter().zip(&mirrored) {
            assert!((a - b).abs() < 1e-7);
        }
    }

    #[test]
    fn the_reach_covers_every_tap() {
        for stretch in stretches() {
            let (first, end) = stretch.reach();
            let weights = stretch.weights();
            assert!(weights.spans.iter().all(|s| s.start >= first && s.start + s.len <= end), "{stretch:?}");
        }
    }
}
