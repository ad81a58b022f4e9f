//! Color profiles made by code: of curves and a matrix, and of tables as presses' and scanners' are.
//!
//! Written byte by byte after ICC.1:2001 (version 2), with nothing of our own reader, so that a test that reads them tests it.

/// The connection space's white.
const D50: [f64; 3] = [0.9642, 1.0, 0.8249];

/// Nodes of the tables along each axis. Not those that tables are baked with.
const SIDE: usize = 9;

/// A press: how much of three bands of light each ink lets through, and a black that is not quite black.
pub fn inks() -> Vec<u8> {
    const INKS: [[f64; 3]; 4] = [[0.12, 0.30, 0.72], [0.55, 0.12, 0.30], [0.85, 0.78, 0.06], [0.03, 0.025, 0.03]];
    device(b"prtr", b"CMYK", 4, |inks| {
        // Dots grow when they are printed.
        let grown = |v: f64| v.powf(0.8);
        let band =
            |band: usize| INKS.iter().zip(inks).map(|(ink, v)| 1.0 - grown(*v) * (1.0 - ink[band])).product::<f64>();
        [0, 1, 2].map(|index| D50[index] * band(index))
    })
}

/// A scanner with a gamut between sRGB's and Adobe RGB's, and a response that is no power.
pub fn scanner() -> Vec<u8> {
    // Primaries of a display adapted to D50, somewhat wider than sRGB's.
    const TO_XYZ: [[f64; 3]; 3] = [[0.4763, 0.3552, 0.1327], [0.2427, 0.6966, 0.0607], [0.0146, 0.0871, 0.7232]];
    device(b"scnr", b"RGB ", 3, |rgb| {
        let light = [rgb[0], rgb[1], rgb[2]].map(|v| 0.7 * v.powf(2.2) + 0.3 * v * v * (3.0 - 2.0 * v));
        TO_XYZ.map(|row| row.iter().zip(light).map(|(factor, v)| factor * v).sum())
    })
}

/// sRGB (IEC 61966-2-1), its primaries adapted to D50.
pub fn srgb() -> Vec<u8> {
    const TO_XYZ: [[f64; 3]; 3] =
        [[0.436_03, 0.385_1, 0.143_05], [0.222_49, 0.716_91, 0.060_6], [0.013_92, 0.097_1, 0.713_93]];
    matrix("sRGB", TO_XYZ, srgb_curve)
}

/// Display P3, its primaries adapted to D50.
pub fn display_p3() -> Vec<u8> {
    const TO_XYZ: [[f64; 3]; 3] =
        [[0.515_12, 0.291_98, 0.157_1], [0.241_2, 0.692_25, 0.066_57], [-0.001_05, 0.041_89, 0.784_07]];
    matrix("Display P3", TO_XYZ, srgb_curve)
}

/// Adobe RGB (1998), annex A's primaries adapted to D50.
pub fn adobe_rgb() -> Vec<u8> {
    const TO_XYZ: [[f64; 3]; 3] =
        [[0.609_74, 0.205_28, 0.149_19], [0.311_11, 0.625_67, 0.063_22], [0.019_47, 0.060_87, 0.744_57]];
    matrix("Adobe RGB", TO_XYZ, |v| v.powf(563.0 / 256.0))
}

/// ROMM RGB (ISO 22028-2), but for its curve's line at black.
pub fn prophoto() -> Vec<u8> {
    const TO_XYZ: [[f64; 3]; 3] =
        [[0.797_67, 0.135_19, 0.031_35], [0.288_04, 0.711_87, 0.000_09], [0.0, 0.0, 0.825_21]];
    matrix("ProPhoto RGB", TO_XYZ, |v| v.powf(1.8))
}

fn srgb_curve(v: f64) -> f64 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// A display of these primaries and this curve.
fn matrix(name: &str, to_xyz: [[f64; 3]; 3], curve: impl Fn(f64) -> f64) -> Vec<u8> {
    const ENTRIES: u32 = 4096;
    let colorant = |index: usize| tag(b"XYZ ", &fixed(&to_xyz.map(|row| row[index])));
    let entry = |i: u32| ((curve(f64::from(i) / f64::from(ENTRIES - 1)) * 65535.0).round() as u16).to_be_bytes();
    let entries: Vec<u8> = (0..ENTRIES).flat_map(entry).collect();
    let curve = tag(b"curv", &[&ENTRIES.to_be_bytes(), entries.as_slice()].concat());
    let parts = vec![colorant(0), colorant(1), colorant(2), curve];
    let tags = [(b"rXYZ", 0), (b"gXYZ", 1), (b"bXYZ", 2), (b"rTRC", 3), (b"gTRC", 3), (b"bTRC", 3)];
    profile(name, [b"mntr", b"RGB ", b"XYZ "], parts, &tags)
}

/// A device whose table gives `xyz`, relative to D50, of so many numbers from 0 to 1.
fn device(class: &[u8; 4], space: &[u8; 4], inputs: usize, xyz: impl Fn(&[f64]) -> [f64; 3]) -> Vec<u8> {
    profile("tintype test device", [class, space, b"Lab "], vec![table(inputs, xyz)], &[(b"A2B0", 0), (b"A2B1", 0)])
}

fn tag(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [kind.as_slice(), &[0; 4], data].concat()
}

/// Numbers with 16 bits after the point.
fn fixed(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|v| ((v * 65536.0).round() as i32).to_be_bytes()).collect()
}

/// A profile of a class, a space of colors and a connection space, with these parts under these names besides those that every
/// profile has.
fn profile(name: &str, header: [&[u8; 4]; 3], more: Vec<Vec<u8>>, named: &[(&[u8; 4], usize)]) -> Vec<u8> {
    let text = |kind: &[u8; 4], text: &str| {
        let text = [text.as_bytes(), b"\0"].concat();
        if kind == b"text" {
            return tag(kind, &text);
        }
        // ASCII, no Unicode, no Macintosh text.
        let length = (text.len() as u32).to_be_bytes();
        tag(kind, &[&length, text.as_slice(), &[0; 8 + 3 + 67]].concat())
    };
    let white = [0xf6d6u32, 0x1_0000, 0xd32d].map(u32::to_be_bytes).concat();
    let parts = [vec![text(b"desc", name), text(b"text", "CC0"), tag(b"XYZ ", &white)], more].concat();
    let common: [(&[u8; 4], usize); 3] = [(b"desc", 0), (b"cprt", 1), (b"wtpt", 2)];
    let tags: Vec<_> = common.into_iter().chain(named.iter().map(|(tag, part)| (*tag, part + 3))).collect();
    let first = 128 + 4 + 12 * tags.len();
    let mut data = Vec::new();
    let mut places = Vec::new();
    for part in &parts {
        places.push((first + data.len(), part.len()));
        data.extend_from_slice(part);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut out = ((first + data.len()) as u32).to_be_bytes().to_vec();
    out.extend(b"\0\0\0\0\x02\x40\0\0");
    out.extend(header.into_iter().flatten());
    // A date, the signature, no platform, flags, maker, model, attributes, and the intent: relative colorimetric.
    out.extend([0x07, 0xe8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    out.extend(b"acsp");
    out.resize(64, 0);
    out.extend(1u32.to_be_bytes());
    out.extend(white);
    out.resize(128, 0);
    out.extend((tags.len() as u32).to_be_bytes());
    for (tag, part) in tags {
        let (offset, length) = places[part];
        out.extend(tag);
        out.extend((offset as u32).to_be_bytes());
        out.extend((length as u32).to_be_bytes());
    }
    out.extend(data);
    out
}

/// `lut16Type`: straight curves around the table, whose last input runs fastest; Lab with 0xff00 for 100.
fn table(inputs: usize, xyz: impl Fn(&[f64]) -> [f64; 3]) -> Vec<u8> {
    let mut out = b"mft2\0\0\0\0".to_vec();
    out.extend([inputs as u8, 3, SIDE as u8, 0]);
    for index in 0..9 {
        out.extend(if index % 4 == 0 { 65536i32 } else { 0 }.to_be_bytes());
    }
    out.extend([0, 2, 0, 2]);
    let straight = [0, 0, 0xff, 0xff];
    out.extend(straight.repeat(inputs));
    for node in 0..SIDE.pow(inputs as u32) {
        let axis = |index: usize| (node / SIDE.pow((inputs - 1 - index) as u32) % SIDE) as f64 / (SIDE - 1) as f64;
        let device: Vec<f64> = (0..inputs).map(axis).collect();
        let [l, a, b] = lab(xyz(&device));
        for v in [l * 652.8, (a + 128.0) * 256.0, (b + 128.0) * 256.0] {
            out.extend((v.round().clamp(0.0, 65535.0) as u16).to_be_bytes());
        }
    }
    out.extend(straight.repeat(3));
    out
}

/// CIE 1976, relative to D50.
pub fn lab(xyz: [f64; 3]) -> [f64; 3] {
    let f =
        |t: f64| if t > (6.0f64 / 29.0).powi(3) { t.cbrt() } else { t * (29.0f64 / 6.0).powi(2) / 3.0 + 4.0 / 29.0 };
    let [x, y, z] = [0, 1, 2].map(|index| f(xyz[index] / D50[index]));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The difference of two Lab colors as people see it: CIEDE2000 (Sharma, Wu, Dalal 2005, with its names).
pub fn delta_e(one: [f64; 3], two: [f64; 3]) -> f64 {
    let ([l1, a1, b1], [l2, a2, b2]) = (one, two);
    let c_mean = (a1.hypot(b1) + a2.hypot(b2)) / 2.0;
    let g = 0.5 * (1.0 - (c_mean.powi(7) / (c_mean.powi(7) + 25f64.powi(7))).sqrt());
    let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let gray = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if gray => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let (dl, dc, dh) = (l2 - l1, c2 - c1, 2.0 * (c1 * c2).sqrt() * (turn.to_radians() / 2.0).sin());
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let h = match h1 + h2 {
        sum if gray => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0) - 0.20 * cos(4.0 * h - 63.0);
    let around = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rc = 2.0 * (c.powi(7) / (c.powi(7) + 25f64.powi(7))).sqrt();
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rt = -(2.0 * around).to_radians().sin() * rc;
    ((dl / sl).powi(2) + (dc / sc).powi(2) + (dh / sh).powi(2) + rt * (dc / sc) * (dh / sh)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::delta_e;

    #[test]
    fn differences_are_the_published_ones() {
        // From table 1 of the paper.
        for (one, two, expected) in [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.5, 0.0], [50.0, 0.0, -2.5], 4.3065),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
            ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
        ] {
            let got = delta_e(one, two);
            assert!((got - expected).abs() < 1e-4, "{got} for {expected}");
        }
    }
}
