//! Telling pictures from anything else by their first bytes. Names say nothing.

use tintype::{
    Limits,
    codecs::{self, CodecError},
};

/// What the beginning of a file says.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A picture that is read; it may be damaged further on.
    Picture,
    /// A picture that is not read, and why.
    Unread(String),
    /// Anything else.
    Other,
}

impl Kind {
    /// As many bytes as are enough.
    pub const START_BYTES: usize = 1024;

    /// What a file is that begins with `start`: [`Kind::START_BYTES`], or all of a file that has fewer.
    pub fn of(start: &[u8]) -> Self {
        match codecs::probe(start, &Limits::default()) {
            Err(CodecError::UnknownFormat { .. }) => Self::Other,
            Err(error @ CodecError::Unsupported { .. }) => Self::Unread(error.to_string()),
            // Most headers are longer than what was read: damaged here says nothing yet.
            _ => Self::Picture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0\x00\x10JFIF\0"), Kind::Picture);
        assert_eq!(Kind::of(b"hello, world"), Kind::Other);
        assert_eq!(Kind::of(b""), Kind::Other);
    }
}
