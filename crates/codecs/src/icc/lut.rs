//! A profile's table from device values to its connection space, evaluated at single colors (ICC.1:2022, 10.10 to 10.12).
//!
//! This is the slow and exact way, for baking: in double precision, each color by itself.

use moxcms::{
    ColorProfile, DataColorSpace, LutDataType, LutMultidimensionalType, LutStore, LutWarehouse, ToneCurveEvaluator,
    ToneReprCurve,
};

/// The table of a profile that gives colors relative to its white. Profiles without one mean the perceptual table, which
/// devices share for all intents.
pub(super) struct Lut<'a> {
    table: &'a LutWarehouse,
    /// Of a table of the newer kind, in the order of their letters.
    curves: Curves,
    pcs: Pcs,
    inputs: usize,
}

/// Curves A, M and B of a table, ready to be evaluated: making them ready costs more than one evaluation.
type Curves = [Vec<Box<dyn ToneCurveEvaluator + Send + Sync>>; 3];

/// What three numbers of the connection space mean.
#[derive(Clone, Copy, PartialEq)]
enum Pcs {
    Lab,
    Xyz,
}

/// X, Y and Z of the perfect diffuser in D50, the connection space's white (ICC.1:2022, 7.2.16).
pub(super) const D50: [f64; 3] = [0.9642, 1.0, 0.8249];

/// The most inputs that are read.
const MAX_INPUTS: usize = 4;

impl<'a> Lut<'a> {
    /// `None` where `profile` has no table that leads from 1, 3 or 4 inputs to three numbers of its connection space.
    pub(super) fn new(profile: &'a ColorProfile) -> Option<Self> {
        let table = profile.lut_a_to_b_colorimetric.as_ref().or(profile.lut_a_to_b_perceptual.as_ref())?;
        let pcs = match profile.pcs {
            DataColorSpace::Lab => Pcs::Lab,
            DataColorSpace::Xyz => Pcs::Xyz,
            _ => return None,
        };
        let (inputs, outputs) = match table {
            LutWarehouse::Lut(lut) => (lut.num_input_channels, lut.num_output_channels),
            LutWarehouse::Multidimensional(lut) => (lut.num_input_channels, lut.num_output_channels),
        };
        let expected = match profile.color_space {
            DataColorSpace::Gray => 1,
            DataColorSpace::Rgb => 3,
            DataColorSpace::Cmyk => 4,
            _ => return None,
        };
        let curves = match table {
            LutWarehouse::Lut(_) => Curves::default(),
            LutWarehouse::Multidimensional(lut) => {
                [ready(&lut.a_curves)?, ready(&lut.m_curves)?, ready(&lut.b_curves)?]
            }
        };
        (inputs == expected && outputs == 3).then_some(Self { table, curves, pcs, inputs: usize::from(inputs) })
    }

    /// How many numbers a color of the device has.
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// X, Y and Z, relative to a white of [`D50`], of a color of the device, each number 0 to 1. `None` for a table that is
    /// shorter than it says.
    pub(super) fn xyz(&self, device: &[f64]) -> Option<[f64; 3]> {
        let (v, is_legacy) = match self.table {
            LutWarehouse::Lut(lut) => (single(lut, device)?, matches!(lut.clut_table, LutStore::Store16(_))),
            LutWarehouse::Multidimensional(lut) => (multiple(lut, &self.curves, device)?, false),
        };
        Some(match self.pcs {
            // 16 bits of the older kind: 0xff00 is 100 (10.10, table 41).
            Pcs::Lab if is_legacy => {
                let [l, a, b] = v.map(|v| v * 65535.0);
                xyz_from_lab([l / 652.8, a / 256.0 - 128.0, b / 256.0 - 128.0])
            }
            Pcs::Lab => xyz_from_lab([v[0] * 100.0, v[1] * 255.0 - 128.0, v[2] * 255.0 - 128.0]),
            Pcs::Xyz => v.map(|v| v * (1.0 + 32767.0 / 32768.0)),
        })
    }
}

/// The luminance of what a press prints where black is asked for: what its profile makes of no light for pictures, which keeps
/// to the ink that paper bears. `None` where that cannot be asked for.
pub(super) fn printed_black(profile: &ColorProfile, forward: &Lut<'_>) -> Option<f64> {
    let back = profile.lut_b_to_a_perceptual.as_ref()?;
    let black = |none: f64| if forward.pcs == Pcs::Lab { [0.0, none, none] } else { [0.0; 3] };
    let inks: [f64; 4] = match back {
        LutWarehouse::Lut(lut) if (lut.num_input_channels, lut.num_output_channels) == (3, 4) => {
            let is_legacy = matches!(lut.clut_table, LutStore::Store16(_));
            single(lut, &black(if is_legacy { 32768.0 / 65535.0 } else { 128.0 / 255.0 }))?
        }
        LutWarehouse::Multidimensional(lut) if (lut.num_input_channels, lut.num_output_channels) == (3, 4) => {
            backwards(lut, black(128.0 / 255.0))?
        }
        LutWarehouse::Lut(_) | LutWarehouse::Multidimensional(_) => return None,
    };
    forward.xyz(&inks).map(|[_, y, _]| y)
}

/// `lutBToAType` with a table: curves B, the matrix, curves M, the table, curves A.
fn backwards(lut: &LutMultidimensionalType, pcs: [f64; 3]) -> Option<[f64; 4]> {
    let (a, m, b) = (ready(&lut.a_curves)?, ready(&lut.m_curves)?, ready(&lut.b_curves)?);
    let mut at = [0.0; MAX_INPUTS];
    let mut curves_b = pcs;
    for (index, v) in curves_b.iter_mut().enumerate() {
        *v = curved(&b, index, *v)?;
    }
    for (index, at) in at.iter_mut().take(3).enumerate() {
        let sum: f64 = lut.matrix.v[index].iter().zip(curves_b).map(|(factor, v)| factor * v).sum();
        *at = curved(&m, index, sum + lut.bias.v[index])?;
    }
    let mut inks: [f64; 4] = cell(lut.clut.as_ref()?, lut.grid_points.get(..3)?, &at)?;
    for (index, v) in inks.iter_mut().enumerate() {
        *v = curved(&a, index, *v)?;
    }
    Some(inks)
}

fn ready(curves: &[ToneReprCurve]) -> Option<Vec<Box<dyn ToneCurveEvaluator + Send + Sync>>> {
    curves.iter().map(|curve| curve.make_linear_evaluator().ok()).collect()
}

/// CIE 1976, relative to [`D50`].
pub(super) fn xyz_from_lab([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let inverse = |t: f64| if t > 6.0 / 29.0 { t.powi(3) } else { 3.0 * (6.0f64 / 29.0).powi(2) * (t - 4.0 / 29.0) };
    [D50[0] * inverse(y + a / 500.0), D50[1] * inverse(y), D50[2] * inverse(y - b / 200.0)]
}

/// `lut8Type` and `lut16Type`: a curve per input, the table, a curve per output. The matrix is for inputs of XYZ only.
fn single<const N: usize>(lut: &LutDataType, device: &[f64]) -> Option<[f64; N]> {
    let (n_in, n_out) = (usize::from(lut.num_input_table_entries), usize::from(lut.num_output_table_entries));
    let mut at = [0.0; MAX_INPUTS];
    for (channel, (at, v)) in at.iter_mut().zip(device).enumerate() {
        *at = between(&lut.input_table, channel * n_in, n_in, *v)?;
    }
    let grid = [lut.num_clut_grid_points; MAX_INPUTS];
    let mut out = cell(&lut.clut_table, &grid[..device.len()], &at)?;
    for (channel, v) in out.iter_mut().enumerate() {
        *v = between(&lut.output_table, channel * n_out, n_out, *v)?;
    }
    Some(out)
}

/// `lutAToBType`: curves A, the table, curves M, the matrix, curves B; what is absent changes nothing.
fn multiple(lut: &LutMultidimensionalType, [a, m, b]: &Curves, device: &[f64]) -> Option<[f64; 3]> {
    let mut at = [0.0; MAX_INPUTS];
    for (index, (at, v)) in at.iter_mut().zip(device).enumerate() {
        *at = curved(a, index, *v)?;
    }
    let mut v = match &lut.clut {
        Some(clut) => cell(clut, lut.grid_points.get(..device.len())?, &at)?,
        // Without a table inputs and outputs are as many.
        None if device.len() == 3 => [at[0], at[1], at[2]],
        None => return None,
    };
    for (index, v) in v.iter_mut().enumerate() {
        *v = curved(m, index, *v)?;
    }
    let (matrix, bias) = (lut.matrix.v, lut.bias.v);
    let mut moved = [0.0; 3];
    for (index, moved) in moved.iter_mut().enumerate() {
        let sum: f64 = matrix[index].iter().zip(v).map(|(factor, v)| factor * v).sum();
        *moved = curved(b, index, sum + bias[index])?;
    }
    Some(moved)
}

fn curved(curves: &[Box<dyn ToneCurveEvaluator + Send + Sync>], index: usize, v: f64) -> Option<f64> {
    let v = v.clamp(0.0, 1.0);
    let Some(curve) = curves.get(index) else { return Some(v) };
    let v = f64::from(curve.evaluate_value(v as f32));
    v.is_finite().then_some(v.clamp(0.0, 1.0))
}

fn entry(store: &LutStore, index: usize) -> Option<f64> {
    Some(match store {
        LutStore::Store8(values) => f64::from(*values.get(index)?) / 255.0,
        LutStore::Store16(values) => f64::from(*values.get(index)?) / 65535.0,
    })
}

/// Where `v` lies among `n` evenly spaced entries: the lower one and how far it is past it.
fn place(v: f64, n: usize) -> (usize, f64) {
    let at = v.clamp(0.0, 1.0) * (n.max(2) - 1) as f64;
    let low = (at as usize).min(n.max(2) - 2);
    (low, at - low as f64)
}

/// One of the curves that follow each other in `store`: `n` entries from `start` on.
fn between(store: &LutStore, start: usize, n: usize, v: f64) -> Option<f64> {
    let (low, part) = place(v, n);
    let (a, b) = (entry(store, start + low)?, entry(store, start + low + 1)?);
    Some(a + (b - a) * part)
}

/// The numbers of a table with so many nodes along each axis, the last axis running fastest. Along the last three axes it is
/// interpolated in the tetrahedron around the place, along one before them between two of these: as littleCMS does it, and
/// who makes a table looks at what that shows.
fn cell<const N: usize>(store: &LutStore, grid: &[u8], at: &[f64; MAX_INPUTS]) -> Option<[f64; N]> {
    match grid {
        [first, rest @ ..] if rest.len() == 3 => {
            let (low, part) = place(at[0], usize::from(*first));
            let nodes: usize = rest.iter().map(|nodes| usize::from(*nodes)).product();
            let near: [f64; N] = tetrahedron(store, rest, &at[1..], low * nodes)?;
            let far: [f64; N] = tetrahedron(store, rest, &at[1..], (low + 1) * nodes)?;
            Some(std::array::from_fn(|channel| near[channel] + (far[channel] - near[channel]) * part))
        }
        _ => tetrahedron(store, grid, at, 0),
    }
}

/// The same along up to three axes, from node `base` on: from the lowest corner to the highest, first along the axis along which
/// the place lies farthest.
fn tetrahedron<const N: usize>(store: &LutStore, grid: &[u8], at: &[f64], base: usize) -> Option<[f64; N]> {
    let mut steps = [(0usize, 0.0f64); 3];
    let (mut node, mut stride) = (base, 1);
    for (index, (nodes, v)) in grid.iter().zip(at).enumerate().rev() {
        let (low, part) = place(*v, usize::from(*nodes));
        steps[index] = (stride, part);
        node += low * stride;
        stride *= usize::from(*nodes);
    }
    let steps = &mut steps[..grid.len()];
    steps.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let color = |node: usize| -> Option<[f64; N]> {
        let mut color = [0.0; N];
        for (channel, v) in color.iter_mut().enumerate() {
            *v = entry(store, node * N + channel)?;
        }
        Some(color)
    };
    let mut before = color(node)?;
    let mut out = before;
    for (stride, part) in steps {
        node += *stride;
        let after = color(node)?;
        for ((out, before), after) in out.iter_mut().zip(before).zip(after) {
            *out += (after - before) * *part;
        }
        before = after;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_is_the_standards_formula() {
        for (lab, expected) in [
            ([100.0, 0.0, 0.0], D50),
            ([0.0, 0.0, 0.0], [0.0; 3]),
            // Worked out by hand: (66/116)³, and with a/500 added and b/200 taken off.
            ([50.0, 0.0, 0.0], [0.177_593, 0.184_187, 0.151_936]),
            ([50.0, 60.0, -40.0], [0.315_326, 0.184_187, 0.375_078]),
        ] {
            let got = xyz_from_lab(lab);
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{lab:?}: {got:?}");
        }
    }

    #[test]
    fn tables_are_interpolated_along_every_axis() {
        // The value at a node is 1000 for the first axis, 100 for the second and 10 for the third, of 2, 3 and 2 nodes.
        let mut values = Vec::new();
        for (r, g, b) in (0..2u16).flat_map(|r| (0..3u16).flat_map(move |g| (0..2u16).map(move |b| (r, g, b)))) {
            values.extend([1000 * r + 100 * g + 10 * b, 0, 65535]);
        }
        let store = LutStore::Store16(values);
        for (at, expected) in [
            ([0.0, 0.0, 0.0], 0.0),
            ([1.0, 1.0, 1.0], 1210.0),
            ([0.5, 0.25, 0.5], 500.0 + 50.0 + 5.0),
            ([2.0, -1.0, 0.3], 1003.0),
        ] {
            let [a, b, c] = at;
            let [x, y, z]: [f64; 3] = cell(&store, &[2, 3, 2], &[a, b, c, 0.0]).unwrap();
            assert!((x * 65535.0 - expected).abs() < 1e-6 && y == 0.0 && (z - 1.0).abs() < 1e-12, "{at:?}: {x}");
        }
        assert_eq!(cell::<3>(&store, &[9, 9, 9], &[1.0; 4]), None, "shorter than it says");
    }
}
