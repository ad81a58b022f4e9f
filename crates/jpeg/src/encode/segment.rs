//! Metadata in the segments that carry it.

use super::EncodeError;

/// What a segment holds at most: its length has 16 bits and counts itself.
const MAX_PAYLOAD: usize = 65_533;
/// What a segment of a color profile holds besides its signature, its number and the number of them.
const MAX_ICC_CHUNK: usize = 65_519;
const COMMENT: u8 = 0xfe;

/// An application segment or a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    marker: u8,
    payload: Vec<u8>,
}

impl Segment {
    /// APP`n`, `n` from 0 to 15, with a payload of at most 65,533 bytes.
    pub fn app(n: u8, payload: Vec<u8>) -> Result<Self, EncodeError> {
        Self::new(0xe0 | n & 15, payload)
    }

    /// A comment of at most 65,533 bytes.
    pub fn comment(text: &[u8]) -> Result<Self, EncodeError> {
        Self::new(COMMENT, text.to_vec())
    }

    /// An EXIF block, which begins with its byte order: at most 65,527 bytes.
    pub fn exif(block: &[u8]) -> Result<Self, EncodeError> {
        Self::app(1, [b"Exif\0\0".as_slice(), block].concat())
    }

    /// An XMP packet of at most 65,504 bytes.
    pub fn xmp(packet: &[u8]) -> Result<Self, EncodeError> {
        Self::app(1, [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), packet].concat())
    }

    /// A color profile in as many segments as it needs (ICC.1, annex B.4): at most 255 of 65,519 bytes.
    pub fn icc(profile: &[u8]) -> Result<Vec<Self>, EncodeError> {
        let chunks = profile.chunks(MAX_ICC_CHUNK);
        let count = u8::try_from(chunks.len()).map_err(|_too_many| EncodeError::Segment(profile.len()))?;
        chunks
            .zip(1..=u8::MAX)
            .map(|(chunk, number)| Self::app(2, [b"ICC_PROFILE\0".as_slice(), &[number, count], chunk].concat()))
            .collect()
    }

    fn new(marker: u8, payload: Vec<u8>) -> Result<Self, EncodeError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(EncodeError::Segment(payload.len()));
        }
        Ok(Self { marker, payload })
    }

    /// Appends marker, length and payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write(out, self.marker, &self.payload);
    }
}

/// Appends a segment whose payload is known to fit.
pub(super) fn write(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((payload.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(payload);
}
