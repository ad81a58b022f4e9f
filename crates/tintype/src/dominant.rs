//! The color that stands for a picture.

/// Bits of a channel that tell colors apart: 32 steps, each about what a dithered or noisy plane of one color spans.
const BITS: u32 = 5;
const STEPS: usize = 1 << BITS;

/// The color that most of a picture has, or nearly has; `None` where all of it is transparent. `rgba` are 8-bit samples
/// with straight alpha.
///
/// Colors are counted by their opacity in a cube of 32 steps a channel. The fullest place, neighbors counted in so that a
/// color on the border of two steps is not halved, wins; the answer is the mean of what is in it. Unlike the mean of the
/// whole picture it is a color that is there: red and green halves give one of both, not brown.
pub(crate) fn dominant(rgba: &[u8]) -> Option<[u8; 3]> {
    let mut cube = vec![Bin::default(); STEPS.pow(3)];
    for [r, g, b, a] in rgba.as_chunks::<4>().0 {
        let step = |channel: &u8| usize::from(channel >> (8 - BITS));
        cube[at([step(r), step(g), step(b)])].add([*r, *g, *b].map(u64::from), u64::from(*a));
    }
    let occupied = (0..cube.len()).filter(|index| cube[*index].weight > 0);
    // The first of equals, so that the answer does not depend on chance.
    let fullest = occupied.map(|index| around(&cube, index)).reduce(|best, bin| best.fuller(bin))?;
    Some(fullest.sums.map(|sum| ((sum + fullest.weight / 2) / fullest.weight) as u8))
}

/// A place in the cube: colors times opacity, and opacity.
#[derive(Clone, Copy, Default)]
struct Bin {
    sums: [u64; 3],
    weight: u64,
}

impl Bin {
    fn add(&mut self, color: [u64; 3], weight: u64) {
        for (sum, channel) in self.sums.iter_mut().zip(color) {
            *sum += channel * weight;
        }
        self.weight += weight;
    }

    fn fuller(self, other: Self) -> Self {
        if other.weight > self.weight { other } else { self }
    }
}

fn at([r, g, b]: [usize; 3]) -> usize {
    (r * STEPS + g) * STEPS + b
}

/// A bin with its 26 neighbors.
fn around(cube: &[Bin], index: usize) -> Bin {
    let center = [index / STEPS / STEPS, index / STEPS % STEPS, index % STEPS];
    let near = |step: usize| step.saturating_sub(1)..=(step + 1).min(STEPS - 1);
    let mut all = Bin::default();
    for r in near(center[0]) {
        for g in near(center[1]) {
            for b in near(center[2]) {
                let bin = cube[at([r, g, b])];
                all.weight += bin.weight;
                for (sum, more) in all.sums.iter_mut().zip(bin.sums) {
                    *sum += more;
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pixels: &[([u8; 4], usize)]) -> Option<[u8; 3]> {
        let rgba: Vec<u8> = pixels.iter().flat_map(|(pixel, count)| pixel.repeat(*count)).collect();
        dominant(&rgba)
    }

    #[test]
    fn what_most_pixels_are() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[([1, 2, 3, 0], 9)]), None, "nothing is seen");
        assert_eq!(of(&[([1, 2, 3, 255], 1)]), Some([1, 2, 3]));
        assert_eq!(of(&[([255, 0, 0, 255], 6), ([0, 255, 0, 255], 5)]), Some([255, 0, 0]), "no mean of both");
        assert_eq!(of(&[([255, 0, 0, 255], 6), ([0, 255, 0, 255], 5), ([0, 0, 0, 0], 50)]), Some([255, 0, 0]));
        assert_eq!(of(&[([255, 0, 0, 100], 6), ([0, 255, 0, 255], 5)]), Some([0, 255, 0]), "opacity counts");
    }

    #[test]
    fn a_color_on_the_border_of_steps_is_one_color() {
        // 127 and 128 fall into different steps in each channel.
        let noisy: Vec<_> = (0..8).map(|n: u8| ([127 + (n & 1), 127 + (n >> 1 & 1), 127 + (n >> 2), 255], 2)).collect();
        let all: Vec<_> = noisy.into_iter().chain([([250, 0, 0, 255], 10)]).collect();
        assert_eq!(of(&all), Some([128; 3]));
    }
}
