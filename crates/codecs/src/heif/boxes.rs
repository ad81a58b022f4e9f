//! Boxes of an ISO media file (ISO/IEC 14496-12, 4.2), read in place.
//!
//! Nothing is allocated here and no length is believed before it is compared with what is there.

use tintype_pixels::ImageFormat;

use crate::CodecError;

/// A box's kind: four characters.
pub(super) type Kind = [u8; 4];

/// Reads a run of bytes from front to back; all integers are big-endian.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    /// The box that is being read, for messages.
    kind: Kind,
    format: ImageFormat,
}

/// One box: its kind, and its body behind a cursor.
#[derive(Clone, Copy, Debug)]
pub(super) struct IsoBox<'a> {
    pub(super) kind: Kind,
    pub(super) body: Cursor<'a>,
    /// How many bytes the box claims to have beyond those that are there.
    pub(super) missing: u64,
}

impl<'a> Cursor<'a> {
    /// The whole of a file of `format`.
    pub(super) fn new(bytes: &'a [u8], format: ImageFormat) -> Self {
        Self { rest: bytes, kind: *b"file", format }
    }

    pub(super) fn format(&self) -> ImageFormat {
        self.format
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let (kind, there) = (self.kind.escape_ascii(), self.rest.len());
            return Err(self.damaged(format_args!("{kind} ends early: {count} bytes are needed, {there} are left")));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, CodecError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, CodecError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, CodecError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, CodecError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, CodecError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(super) fn kind(&mut self) -> Result<Kind, CodecError> {
        self.array()
    }

    /// An integer of `bytes` bytes: 0 (which is the value 0), 4 or 8, as `iloc` chooses.
    pub(super) fn uint(&mut self, bytes: u8) -> Result<u64, CodecError> {
        match bytes {
            0 => Ok(0),
            4 => Ok(u64::from(self.u32()?)),
            8 => self.u64(),
            other => Err(self.damaged(format_args!("an integer of {other} bytes; 0, 4 and 8 are allowed"))),
        }
    }

    /// 16 bits, or 32 where `wide` says so: how item numbers grew with the versions of their boxes.
    pub(super) fn item_id(&mut self, width: IdWidth) -> Result<u32, CodecError> {
        match width {
            IdWidth::Two => Ok(u32::from(self.u16()?)),
            IdWidth::Four => self.u32(),
        }
    }

    /// The version and flags that a full box begins with.
    pub(super) fn version_and_flags(&mut self) -> Result<(u8, u32), CodecError> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// The next box; `None` at the end. A box that claims more than is there is cut, see [`IsoBox::missing`].
    pub(super) fn next_box(&mut self) -> Result<Option<IsoBox<'a>>, CodecError> {
        // Some writers pad a container with a few zeros.
        if self.rest.len() < 8 && self.rest.iter().all(|b| *b == 0) {
            self.rest = &[];
            return Ok(None);
        }
        let (short, kind) = (self.u32()?, self.kind()?);
        let (header, length) = match short {
            // To the end of what contains it.
            0 => (8, 8 + self.rest.len() as u64),
            1 => (16, self.u64()?),
            length => (8, u64::from(length)),
        };
        let Some(body) = length.checked_sub(header) else {
            let kind = kind.escape_ascii();
            return Err(self.damaged(format_args!("{kind} claims {length} bytes; its header has {header}")));
        };
        let there = usize::try_from(body).unwrap_or(usize::MAX).min(self.rest.len());
        let body_bytes = self.take(there)?;
        let cursor = Cursor { rest: body_bytes, kind, format: self.format };
        Ok(Some(IsoBox { kind, body: cursor, missing: body - there as u64 }))
    }

    /// The next box inside another, which must be there in full.
    pub(super) fn next_inner(&mut self) -> Result<Option<IsoBox<'a>>, CodecError> {
        let next = self.next_box()?;
        next.map(IsoBox::whole).transpose()
    }

    /// The body of the first inner box of `kind`, without moving.
    pub(super) fn find(&self, kind: &Kind) -> Result<Option<Cursor<'a>>, CodecError> {
        let mut cursor = *self;
        while let Some(inner) = cursor.next_inner()? {
            if inner.kind == *kind {
                return Ok(Some(inner.body));
            }
        }
        Ok(None)
    }

    /// As [`Cursor::find`], for a box that must be there.
    pub(super) fn require(&self, kind: &Kind) -> Result<Cursor<'a>, CodecError> {
        let (outer, inner) = (self.kind.escape_ascii(), kind.escape_ascii());
        self.find(kind)?.ok_or_else(|| self.damaged(format_args!("{outer} has no {inner}")))
    }

    /// [`CodecError::Damaged`] with what is wrong.
    pub(super) fn damaged(&self, detail: impl std::fmt::Display) -> CodecError {
        CodecError::damaged(self.format, detail)
    }

    /// [`CodecError::Unsupported`] with what it is.
    pub(super) fn unsupported(&self, what: &'static str) -> CodecError {
        CodecError::Unsupported { format: self.format.name(), what }
    }
}

impl<'a> IsoBox<'a> {
    /// The box, if all of it is there.
    pub(super) fn whole(self) -> Result<Self, CodecError> {
        if self.missing > 0 {
            let (kind, missing) = (self.kind.escape_ascii(), self.missing);
            return Err(CodecError::truncated(self.body.format, format_args!("{kind} lacks {missing} bytes")));
        }
        Ok(self)
    }
}

/// How many bytes an item's number has.
#[derive(Clone, Copy, Debug)]
pub(super) enum IdWidth {
    /// In the first versions of the boxes.
    Two,
    /// In the later ones.
    Four,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(bytes: &[u8]) -> Result<Vec<(Kind, usize, u64)>, CodecError> {
        let mut cursor = Cursor::new(bytes, ImageFormat::Avif);
        let mut all = Vec::new();
        while let Some(next) = cursor.next_box()? {
            all.push((next.kind, next.body.rest().len(), next.missing));
        }
        Ok(all)
    }

    #[test]
    fn the_three_kinds_of_length() {
        let file = [b"\0\0\0\x0aabcd12".as_slice(), b"\0\0\0\x01long\0\0\0\0\0\0\0\x13123", b"\0\0\0\0last12345"];
        assert_eq!(boxes(&file.concat()).unwrap(), [(*b"abcd", 2, 0), (*b"long", 3, 0), (*b"last", 5, 0)]);
    }

    #[test]
    fn lengths_that_lie() {
        assert_eq!(boxes(b"\0\0\0\x20abcd1234").unwrap(), [(*b"abcd", 4, 20)]);
        let huge = b"\0\0\0\x01abcd\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(boxes(huge).unwrap(), [(*b"abcd", 0, u64::MAX - 16)]);
        let cases: [&[u8]; 3] = [b"\0\0\0\x07abcd", b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x0f", b"\0\0\0\x01abcd"];
        for bytes in cases {
            assert!(matches!(boxes(bytes), Err(CodecError::Damaged { .. })), "{bytes:?}");
        }
        let inner = Cursor::new(b"\0\0\0\x20abcd1234", ImageFormat::Avif).next_inner();
        assert!(matches!(inner, Err(CodecError::Truncated { .. })));
    }

    #[test]
    fn zeros_behind_the_last_box_are_padding() {
        assert_eq!(boxes(b"\0\0\0\x08abcd\0\0\0").unwrap().len(), 1);
    }
}
