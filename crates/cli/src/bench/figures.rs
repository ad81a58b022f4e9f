//! How far a mask is from the truth.

/// Figures of one mask, all from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// Intersection over union of what is at least one half; 1 where neither has any.
    pub(super) iou: f64,
    /// Twice the intersection over the sum of both; 1 where neither has any.
    pub(super) dice: f64,
    /// Pixels on the right side of one half.
    pub(super) accuracy: f64,
    /// Mean absolute difference.
    pub(super) error: f64,
}

impl Figures {
    /// Of two masks of one size and at least one pixel, 8 bits a pixel.
    pub(super) fn of(mask: &[u8], truth: &[u8]) -> Self {
        assert_eq!(mask.len(), truth.len(), "masks of one size");
        let (mut both, mut either, mut equal, mut difference) = (0_u64, 0_u64, 0_u64, 0_u64);
        for (mask, truth) in mask.iter().zip(truth) {
            let (found, is) = (*mask >= 128, *truth >= 128);
            both += u64::from(found && is);
            either += u64::from(found || is);
            equal += u64::from(found == is);
            difference += u64::from(mask.abs_diff(*truth));
        }
        let ratio = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let n = mask.len() as f64;
        Self {
            iou: ratio(both, either),
            dice: ratio(2 * both, either + both),
            accuracy: equal as f64 / n,
            error: difference as f64 / 255.0 / n,
        }
    }

    /// The mean of each figure; `all` has at least one.
    pub(super) fn mean(all: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| all.iter().map(figure).sum::<f64>() / all.len() as f64;
        Self { iou: of(|f| f.iou), dice: of(|f| f.dice), accuracy: of(|f| f.accuracy), error: of(|f| f.error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_numbers() {
        let table: [(&[u8], &[u8], [f64; 4]); 4] = [
            (&[0, 255, 255, 0], &[0, 255, 255, 0], [1.0, 1.0, 1.0, 0.0]),
            (&[255, 255, 0, 0], &[0, 255, 255, 0], [1.0 / 3.0, 0.5, 0.5, 0.5]),
            (&[0, 0], &[0, 0], [1.0, 1.0, 1.0, 0.0]),
            (&[127, 128], &[0, 255], [1.0, 1.0, 1.0, 254.0 / 510.0]),
        ];
        for (mask, truth, [iou, dice, accuracy, error]) in table {
            assert_eq!(Figures::of(mask, truth), Figures { iou, dice, accuracy, error }, "{mask:?} {truth:?}");
        }
        let all = [Figures::default(), Figures { iou: 1.0, ..Figures::default() }];
        assert_eq!(Figures::mean(&all).iou, 0.5);
    }
}
