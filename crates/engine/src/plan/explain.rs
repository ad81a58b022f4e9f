//! The plan as text: what people read in reports, what snapshot tests compare, and what runs.

use std::fmt::{self, Write as _};

use tintype_jpeg::encode::HuffmanTables;
use tintype_pixels::Size;
use tintype_wgsl::Texel;

use super::{Plan, picture::Picture};
use crate::{
    ops::{HuffmanDecode, HuffmanEncode, Reach, Step, huffman_encode::Room},
    record::Recording,
};

/// Bytes as people read them: three digits or so, powers of ten.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 as f64 {
            bytes if bytes >= 1e9 => write!(f, "{:.2} GB", bytes / 1e9),
            bytes if bytes >= 1e6 => write!(f, "{:.1} MB", bytes / 1e6),
            bytes => write!(f, "{:.1} kB", bytes / 1e3),
        }
    }
}

impl Plan {
    /// One line per step, with the sizes it turns into each other, and the cost on the device. Needs no GPU.
    pub fn explain(&self) -> String {
        self.explain_decoding(&[])
    }

    /// The same of [`Plan::record_decoding`].
    pub fn explain_decoding(&self, sources: &[(usize, &HuffmanDecode)]) -> String {
        let recording = self.record_decoding(sources);
        let mut text = String::new();
        self.explain_picture(&self.picture, &mut text, "");
        if let Some(pack) = &self.pack {
            let curve = if pack.encode { ", srgb curve" } else { "" };
            let dither = if pack.dither { ", dithered" } else { "" };
            line(&mut text, "", "pack", &self.size().to_string(), &format!("{}{curve}{dither}", pack.layout));
        }
        if let Some(fdct) = &self.fdct {
            line(&mut text, "", "fdct", &self.size().to_string(), &fdct.frame.to_string());
        }
        if self.huffman.is_some() {
            line(
                &mut text,
                "",
                "huffman",
                &self.size().to_string(),
                "on the device, fitted tables, in two submissions",
            );
        }
        let allocation = recording.allocate(u32::MAX);
        let (up, down) = recording.traffic_bytes();
        // How many there are, only the counts tell.
        let bits = if self.huffman.is_some() { " and the bits" } else { "" };
        let facts = format!(
            "{} passes · {} images live · up {} · down {}{bits} · peak {}",
            recording.passes().len(),
            allocation.slots.len(),
            Bytes(up),
            Bytes(down),
            Bytes(allocation.peak_bytes)
        );
        let _ = writeln!(text, "{:<9}{facts}", "gpu");
        text
    }

    /// The plan as passes, images and buffers.
    pub fn record(&self) -> Recording {
        self.record_decoding(&[])
    }

    /// The same, with the coefficients of some sources decoded on the device. Each is the only picture of its bits, which are given as
    /// samples of that source; the status of each is read back before anything else, in this order.
    pub fn record_decoding(&self, sources: &[(usize, &HuffmanDecode)]) -> Recording {
        let mut recording = Recording::new(self.working.texel);
        for (source, huffman) in sources {
            let bits = recording.upload(*source, 0..huffman.bytes().len() as u64);
            let coefficients = recording.scratch(huffman.coefficient_bytes());
            huffman.record(&mut recording, bits, coefficients);
            recording.decode(*source, coefficients, huffman.parts(0));
        }
        let image = self.picture.record(&mut recording);
        match (&self.pack, &self.fdct) {
            (Some(pack), Some(fdct)) if let Some(huffman) = &self.huffman => {
                let samples = pack.record_on_device(&mut recording, image);
                let planes = fdct.record_to(&mut recording, samples, pack.layout, Recording::kept);
                huffman.record_statistics(&mut recording, &planes);
                recording.reserve_for(&coding(huffman, &HuffmanTables::standard(), Room::Guess(0)));
            }
            (Some(pack), Some(fdct)) => {
                let samples = pack.record_on_device(&mut recording, image);
                fdct.record(&mut recording, samples, pack.layout);
            }
            (Some(pack), None) => pack.record(&mut recording, image),
            (None, _) => recording.keep(image),
        }
        recording
    }

    /// The recording after [`Plan::record`], where [`Plan::huffman`] is there: its sources are what that one kept, and what it
    /// reads back are the bits that `tables` make of them.
    pub fn record_bits(&self, tables: &HuffmanTables, room: Room) -> Option<Recording> {
        self.huffman.as_ref().map(|huffman| coding(huffman, tables, room))
    }

    fn explain_picture(&self, picture: &Picture, text: &mut String, indent: &str) {
        let unpack = &picture.unpack;
        let mut what = format!("{} {}", self.working, unpack.color.as_ref().map_or("", |color| &color.name));
        if unpack.orientation != tintype_pixels::Orientation::Upright {
            let _ = write!(what, ", {:?}", unpack.orientation);
        }
        if let Some(first) = &unpack.first {
            let _ = write!(what, ", {} x", first.stretch.filter);
        }
        let bands = unpack.n_bands(self.working.texel);
        if bands > 1 {
            let _ = write!(what, ", {bands} bands");
        }
        let size = unpack.output();
        if unpack.is_given {
            line(text, indent, "given", &size.to_string(), "on the device already");
        } else {
            line(text, indent, "unpack", &change(&unpack.rect.to_string(), unpack.rect.size, size), what.trim());
        }

        let mut size = size;
        let mut tape: Vec<String> = Vec::new();
        for step in &picture.steps {
            if step.op().reach() == Reach::Point {
                tape.push(format!("{} {}", step.name(), step.op().describe()).trim().to_owned());
                continue;
            }
            flush(text, indent, &mut tape);
            let inner = match step {
                Step::Composite(composite) => Some(("layer", &composite.layer)),
                Step::Matte(matte) => Some(("foreground", &matte.matte)),
                Step::Defringe(defringe) => Some(("foreground", &defringe.matte)),
                _ => None,
            };
            if let Some((what, picture)) = inner {
                let _ = writeln!(text, "{indent}{what}");
                self.explain_picture(picture, text, &format!("{indent}  "));
            }
            let next = step.op().output(size);
            line(text, indent, step.name(), &change(&size.to_string(), size, next), &step.op().describe());
            size = next;
        }
        flush(text, indent, &mut tape);
    }
}

/// From kept coefficients to bits.
fn coding(huffman: &HuffmanEncode, tables: &HuffmanTables, room: Room) -> Recording {
    let mut recording = Recording::new(Texel::F16);
    let components = huffman.frame().components.iter().enumerate();
    let planes: Vec<_> = components.map(|(i, c)| recording.given_buffer(i, c.blocks.area() * 128)).collect();
    huffman.record(&mut recording, &planes, tables, room);
    recording
}

fn change(from: &str, before: Size, after: Size) -> String {
    if before == after { from.to_owned() } else { format!("{from} → {after}") }
}

fn flush(text: &mut String, indent: &str, tape: &mut Vec<String>) {
    if !tape.is_empty() {
        let _ = writeln!(text, "{indent}{:<9}{}", "tape", tape.join(" · "));
        tape.clear();
    }
}

fn line(text: &mut String, indent: &str, name: &str, sizes: &str, what: &str) {
    let _ = writeln!(text, "{}", format!("{indent}{name:<9}{sizes:<34}{what}").trim_end());
}
