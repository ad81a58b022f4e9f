//! Where the bits of a JPEG are coded and decoded: what each way is thought to cost, and the cheaper one.
//!
//! The numbers for the host are measured (one of two busy cores of a server; the example `jpeg_bits`); those for a GPU
//! follow from how many symbols follow each other in one invocation, and **no hardware has confirmed them**. On a software adapter
//! the device is the host, with more work: there the host is taken without counting.

use std::{fmt, str::FromStr};

use tintype_jpeg::{Frame, decode::Coding};

use crate::ops::huffman_decode::{self, Starts};

/// Who is asked to code and decode bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Huffman {
    /// Whoever is thought to be faster.
    #[default]
    Auto,
    /// The host: `cpu`.
    Host,
    /// The device, wherever it can: `gpu`.
    Device,
}

impl FromStr for Huffman {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Host),
            "gpu" => Ok(Self::Device),
            _ => Err(format!("{text:?} is no way of Huffman coding; accepted are auto, cpu and gpu")),
        }
    }
}

impl fmt::Display for Huffman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Host => "cpu",
            Self::Device => "gpu",
        })
    }
}

/// Bytes of bits per microsecond that one core of the host decodes.
const HOST_DECODE_BYTES_PER_US: u64 = 50;
/// Bytes of bits per microsecond that one core of the host codes, counting included.
const HOST_ENCODE_BYTES_PER_US: u64 = 25;
/// Bytes per microsecond that the host takes stuffing out of, or puts it in.
const HOST_STUFFING_BYTES_PER_US: u64 = 1_500;
/// Unmeasured: nanoseconds of one symbol in one invocation, most of it the latency of two dependent loads.
const DEVICE_SYMBOL_NS: u64 = 150;
/// Unmeasured: symbols per microsecond of all invocations together.
const DEVICE_SYMBOLS_PER_US: u64 = 5_000;
/// Unmeasured: microseconds from one pass that needs another's result to the next.
const DEVICE_PASS_US: u64 = 8;
/// Unmeasured: microseconds of a submission that the host waits for.
const DEVICE_WAIT_US: u64 = 150;
/// Bits of a symbol with the value behind it, in a photograph.
const SYMBOL_BITS: u64 = 6;
/// Spans are decoded from a guess, again in step, and once more to write: so often in all, with those that are not in step soon.
const DECODINGS: u64 = 4;

/// What of a picture's bits is known before they are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    /// Size and sampling.
    pub frame: &'a Frame,
    /// How they are coded, or are to be.
    pub coding: Coding,
    /// Bytes they take, or are thought to.
    pub bytes: u64,
}

/// Where bits are coded, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How the device cuts them, if it is the device; spans mean nothing where bits are made.
    pub device: Option<Starts>,
    /// Why.
    pub reason: Reason,
    /// What the host is thought to take, in microseconds.
    pub host_us: u64,
    /// What the device is thought to take, with what is left to the host; unmeasured.
    pub device_us: u64,
}

/// Why bits are coded where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was asked for.
    Asked,
    /// Only the host can: scans of a progressive picture depend on each other.
    Progressive,
    /// The device is the host.
    Software,
    /// It is thought to be faster there.
    Faster,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.device.is_some() { "device" } else { "host" };
        match self.reason {
            Reason::Asked => write!(f, "on the {place}, as asked"),
            Reason::Progressive => write!(f, "on the {place}: progressive"),
            Reason::Software => write!(f, "on the {place}: software adapter"),
            Reason::Faster => {
                let ms = |us: u64| us as f64 / 1e3;
                let (less, more) = (self.device_us.min(self.host_us), self.device_us.max(self.host_us));
                write!(f, "on the {place}: {:.1} ms there, {:.1} ms elsewhere, by estimate", ms(less), ms(more))
            }
        }
    }
}

/// What a choice depends on besides the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coders {
    /// What was asked for.
    pub asked: Huffman,
    /// Whether the device is the host.
    pub is_software: bool,
}

impl Coders {
    /// Where the bits of a picture that is read are decoded.
    pub fn decode(self, bits: Bits<'_>) -> Choice {
        let starts = huffman_decode::guessed(bits.frame, bits.bytes);
        let Starts::Guessed { span_bits, rounds } = starts else { return self.choose(bits, starts, 0, u64::MAX) };
        // Waves of spans follow each other only where the bits outgrow the device; in a small picture one is as slow as all.
        let latency_us = DECODINGS * u64::from(span_bits) / SYMBOL_BITS * DEVICE_SYMBOL_NS / 1000;
        let work_us = DECODINGS * bits.bytes * 8 / SYMBOL_BITS / DEVICE_SYMBOLS_PER_US;
        let passes = u64::from(rounds) + 10;
        let device_us = latency_us.max(work_us) + passes * DEVICE_PASS_US + bits.bytes / HOST_STUFFING_BYTES_PER_US;
        self.choose(bits, starts, bits.bytes / HOST_DECODE_BYTES_PER_US, device_us)
    }

    /// Where the bits of a picture that is written are made.
    pub fn encode(self, bits: Bits<'_>) -> Choice {
        let starts = Starts::Walked { mcus: 1 };
        let work_us = 3 * bits.bytes * 8 / SYMBOL_BITS / DEVICE_SYMBOLS_PER_US;
        // The counts come back before the tables go there.
        let device_us = work_us + 6 * DEVICE_PASS_US + DEVICE_WAIT_US + bits.bytes / HOST_STUFFING_BYTES_PER_US;
        self.choose(bits, starts, bits.bytes / HOST_ENCODE_BYTES_PER_US, device_us)
    }

    fn choose(self, bits: Bits<'_>, starts: Starts, host_us: u64, device_us: u64) -> Choice {
        let (is_device, reason) = match self.asked {
            _ if bits.coding == Coding::Progressive => (false, Reason::Progressive),
            Huffman::Host => (false, Reason::Asked),
            Huffman::Device => (true, Reason::Asked),
            Huffman::Auto if self.is_software => (false, Reason::Software),
            Huffman::Auto => (device_us < host_us, Reason::Faster),
        };
        Choice { device: is_device.then_some(starts), reason, host_us, device_us }
    }
}

#[cfg(test)]
mod tests {
    use tintype_jpeg::{
        ColorTransform,
        forward::{self, Sampling, Tables},
    };
    use tintype_pixels::Size;

    use super::*;

    fn frame(width: u32, height: u32, sampling: Sampling) -> Frame {
        let tables = Tables::from_quality(80);
        forward::frame(Size::new(width, height), ColorTransform::YCbCr, &tables, sampling).expect("it can be")
    }

    #[test]
    fn choices() {
        let (large, small) = (frame(4032, 3024, Sampling::HALF), frame(320, 240, Sampling::HALF));
        let auto = Coders::default();
        let software = Coders { is_software: true, ..auto };
        let asked = |asked| Coders { asked, is_software: true };
        let (one, many) = (Coding::Sequential, Coding::Progressive);
        let cases = [
            (auto, &large, one, 3_400_000, true, Reason::Faster),
            (auto, &large, many, 3_400_000, false, Reason::Progressive),
            (auto, &small, one, 4_000, false, Reason::Faster),
            (software, &large, one, 3_400_000, false, Reason::Software),
            (asked(Huffman::Device), &small, one, 4_000, true, Reason::Asked),
            (asked(Huffman::Device), &small, many, 4_000, false, Reason::Progressive),
            (asked(Huffman::Host), &large, one, 3_400_000, false, Reason::Asked),
        ];
        for (coders, frame, coding, bytes, is_device, reason) in cases {
            for choice in [coders.decode(Bits { frame, coding, bytes }), coders.encode(Bits { frame, coding, bytes })] {
                assert_eq!((choice.device.is_some(), choice.reason), (is_device, reason), "{choice} {choice:?}");
            }
        }
    }

    #[test]
    fn choices_say_why() {
        let frame = frame(4032, 3024, Sampling::HALF);
        let bits = Bits { frame: &frame, coding: Coding::Sequential, bytes: 3_400_000 };
        let text = Coders { is_software: true, ..Coders::default() }.decode(bits).to_string();
        assert_eq!(text, "on the host: software adapter");
        assert!(Coders::default().decode(bits).to_string().starts_with("on the device: "));
    }

    #[test]
    fn ways_are_spelled_as_they_are_read() {
        for way in [Huffman::Auto, Huffman::Host, Huffman::Device] {
            assert_eq!(way.to_string().parse(), Ok(way));
        }
        assert!("CPU".parse::<Huffman>().is_err());
    }
}
