//! Pictures whose foreground is known exactly, drawn by rules: the same on every machine, to the bit of a mask.
//!
//! A scene is a shape with a texture over a ground, mixed by the shape's coverage as 8-bit sRGB values. Shapes have what is hard
//! for networks: soft edges, strands one pixel wide, holes. They stand in the middle, as what a picture is of does.

use tintype::{Layout, Planes, Size};

/// Pixels a side.
pub(super) const SIDE_PX: u32 = 400;

/// A picture and its truth.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    /// 8-bit sRGB.
    pub(super) picture: Planes,
    /// How much of every pixel is foreground, 8 bits each.
    pub(super) truth: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A ball with an edge of some pixels, as out of focus.
    Ball,
    /// Head and shoulders, with hair.
    Bust,
    /// A ring: what is inside of it is background.
    Ring,
    /// A disc with holes.
    Sieve,
}

#[derive(Clone, Copy, Debug)]
enum Ground {
    /// From one color to another.
    Gradient,
    /// Cloudy, in four octaves, as walls and foliage are.
    Clouds,
    /// Every pixel another color.
    Noise,
}

/// Which there are: shape, ground, and the color that the foreground is about.
const SCENES: [(&str, Shape, Ground, [f32; 3]); 6] = [
    ("ball on gradient", Shape::Ball, Ground::Gradient, [0.85, 0.25, 0.15]),
    ("ball on clouds", Shape::Ball, Ground::Clouds, [0.9, 0.75, 0.2]),
    ("bust on gradient", Shape::Bust, Ground::Gradient, [0.75, 0.5, 0.4]),
    ("bust on clouds", Shape::Bust, Ground::Clouds, [0.35, 0.2, 0.15]),
    ("ring on noise", Shape::Ring, Ground::Noise, [0.15, 0.3, 0.8]),
    ("sieve on gradient", Shape::Sieve, Ground::Gradient, [0.2, 0.2, 0.25]),
];

/// All scenes.
pub(super) fn all() -> Vec<Scene> {
    SCENES.iter().enumerate().map(|(seed, scene)| draw(*scene, seed as u32)).collect()
}

fn draw((name, shape, ground, color): (&str, Shape, Ground, [f32; 3]), seed: u32) -> Scene {
    let size = Size::new(SIDE_PX, SIDE_PX);
    let strands = strands(shape, seed);
    let mut samples = Vec::with_capacity(size.area() as usize * 3);
    let mut truth = Vec::with_capacity(size.area() as usize);
    for y in 0..SIDE_PX {
        for x in 0..SIDE_PX {
            // From the middle, in halves of a side.
            let [u, v] = [x, y].map(|at| (at as f32 + 0.5) / SIDE_PX as f32 * 2.0 - 1.0);
            let covered = (coverage(shape, u, v).max(strand_coverage(&strands, u, v)) * 255.0).round() as u8;
            let alpha = f32::from(covered) / 255.0;
            // Lit from above on the left.
            let light = 0.75 - 0.25 * (u + v) + 0.15 * (clouds(x, y, 24.0, seed + 100) - 0.5);
            for (channel, front) in color.iter().map(|shade| shade * light).enumerate() {
                let back = ground_color(ground, x, y, channel, seed);
                samples.push(((front * alpha + back * (1.0 - alpha)).clamp(0.0, 1.0) * 255.0).round() as u8);
            }
            truth.push(covered);
        }
    }
    let picture = Planes::new(size, Layout::RGB8, samples).expect("three bytes a pixel");
    Scene { name: name.to_owned(), picture, truth }
}

/// How much of the pixel at (`u`, `v`) a shape covers.
fn coverage(shape: Shape, u: f32, v: f32) -> f32 {
    /// Half a pixel to each side.
    const SHARP: f32 = 1.0 / SIDE_PX as f32;
    // 1 inside of `radius` by more than `soft`, 0 outside by more.
    let within = |distance: f32, radius: f32, soft: f32| ((radius - distance) / (2.0 * soft) + 0.5).clamp(0.0, 1.0);
    match shape {
        Shape::Ball => within(u.hypot(v), 0.55, 12.0 * SHARP),
        Shape::Bust => {
            let head = within((u / 0.8).hypot(v + 0.2), 0.36, 2.0 * SHARP);
            let shoulders = within((u / 1.3).hypot((v - 1.0) / 1.15), 0.55, 2.0 * SHARP);
            let neck = within(u.abs(), 0.14, 2.0 * SHARP) * within((v - 0.3).abs(), 0.25, 2.0 * SHARP);
            head.max(shoulders).max(neck)
        }
        Shape::Ring => within((u.hypot(v) - 0.5).abs(), 0.18, 2.0 * SHARP),
        Shape::Sieve => {
            // The middles of holes lie on a grid of 0.28.
            let to_hole = |at: f32| (at / 0.28 - (at / 0.28).round()) * 0.28;
            within(u.hypot(v), 0.65, 2.0 * SHARP) * (1.0 - within(to_hole(u).hypot(to_hole(v)), 0.08, 2.0 * SHARP))
        }
    }
}

/// From, to, and half a width.
type Strand = ([f32; 2], [f32; 2], f32);

/// The hair of a shape that has some.
fn strands(shape: Shape, seed: u32) -> Vec<Strand> {
    let Shape::Bust = shape else { return Vec::new() };
    let strand = |index: u32| {
        let random = |which: u32| hash(index, which, seed);
        // Around the upper half of the head.
        let angle = std::f32::consts::PI * (1.0 + random(0));
        let (dx, dy) = (angle.cos(), angle.sin());
        let (root, length, bend) = (0.3, 0.08 + 0.22 * random(1), 0.3 * (random(2) - 0.5));
        let from = [dx * root * 0.8, dy * root - 0.2];
        let to = [from[0] + length * (dx - bend * dy), from[1] + length * (dy + bend * dx)];
        (from, to, (0.5 + random(3)) / SIDE_PX as f32)
    };
    (0..90).map(strand).collect()
}

fn strand_coverage(strands: &[Strand], u: f32, v: f32) -> f32 {
    let one = |&([ax, ay], [bx, by], half): &Strand| {
        let (dx, dy) = (bx - ax, by - ay);
        let along = (((u - ax) * dx + (v - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        let distance = (u - ax - along * dx).hypot(v - ay - along * dy);
        // Thinner towards the end.
        let half = half * (1.0 - 0.6 * along);
        ((half - distance) * SIDE_PX as f32 / 2.0 + 0.5).clamp(0.0, 1.0)
    };
    strands.iter().map(one).fold(0.0, f32::max)
}

fn ground_color(ground: Ground, x: u32, y: u32, channel: usize, seed: u32) -> f32 {
    let at = [x, y].map(|at| at as f32 / SIDE_PX as f32);
    let channel_seed = seed * 7 + channel as u32;
    match ground {
        Ground::Gradient => [0.45, 0.6, 0.75][channel] + 0.3 * (at[1] - 0.5) + 0.1 * at[0],
        Ground::Clouds => {
            let octaves = [(64.0, 0.5), (32.0, 0.25), (16.0, 0.15), (4.0, 0.1)];
            let light: f32 =
                octaves.iter().map(|(cell, weight)| weight * clouds(x, y, *cell, seed + *cell as u32)).sum();
            let tint = clouds(x, y, 80.0, channel_seed) - 0.5;
            [0.3, 0.5, 0.3][channel] + 0.5 * (light - 0.5) + 0.2 * tint
        }
        Ground::Noise => 0.2 + 0.6 * hash(x, y, channel_seed),
    }
}

/// Values between random ones `cell` pixels apart, 0 to 1.
fn clouds(x: u32, y: u32, cell: f32, seed: u32) -> f32 {
    let (fx, fy) = (x as f32 / cell, y as f32 / cell);
    let (ix, iy) = (fx as u32, fy as u32);
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (smooth(fx.fract()), smooth(fy.fract()));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |iy: u32| mix(hash(ix, iy, seed), hash(ix + 1, iy, seed), tx);
    mix(row(iy), row(iy + 1), ty)
}

/// A number from 0 to 1 by place and seed: PCG (Jarzynski and Olano, JCGT 2020).
fn hash(x: u32, y: u32, seed: u32) -> f32 {
    let state = x.wrapping_add(y.wrapping_mul(65_537)).wrapping_add(seed.wrapping_mul(0x9e37_79b9));
    let state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (((word >> 22) ^ word) >> 8) as f32 / 16_777_216.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_are_always_the_same_and_have_what_is_hard() {
        let (scenes, again) = (all(), all());
        for (scene, again) in scenes.iter().zip(&again) {
            assert_eq!((&scene.picture, &scene.truth), (&again.picture, &again.truth), "{}", scene.name);
            let count = |is: fn(u8) -> bool| scene.truth.iter().filter(|v| is(**v)).count();
            let (inside, outside) = (count(|v| v == 255), count(|v| v == 0));
            assert!(inside > 20_000 && outside > 20_000, "{}: {inside} inside, {outside} outside", scene.name);
            assert!(count(|v| v != 0 && v != 255) > 500, "{} has no soft edge", scene.name);
        }
        let names: std::collections::BTreeSet<_> = scenes.iter().map(|scene| &scene.name).collect();
        assert_eq!(names.len(), scenes.len());
        let at = |scene: usize, x: u32, y: u32| scenes[scene].truth[(y * SIDE_PX + x) as usize];
        assert_eq!(at(4, SIDE_PX / 2, SIDE_PX / 2), 0, "the ring's middle");
        assert_eq!(at(5, SIDE_PX / 2, SIDE_PX / 2), 0, "a hole");
    }
}
