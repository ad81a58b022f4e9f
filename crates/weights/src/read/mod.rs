//! Reading files of weights. None of the readers trusts its input: everything is bounded by the length of the file.

pub(crate) mod onnx;
pub(crate) mod pickle;
pub(crate) mod safetensors;
pub(crate) mod torch;

use crate::Format;

/// The format that a file's first bytes look like; for files that no manifest knows.
pub(crate) fn sniff(bytes: &[u8]) -> Format {
    // A safetensors header is JSON behind its length; ONNX begins with the field ir_version, 0x08.
    if bytes.get(8) == Some(&b'{') && bytes.get(6..8) == Some(&[0, 0]) {
        Format::Safetensors
    } else if bytes.first() == Some(&0x08) {
        Format::Onnx
    } else {
        Format::Pytorch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        let mut safetensors = 100_u64.to_le_bytes().to_vec();
        safetensors.extend(b"{\"a\"");
        assert_eq!(sniff(&safetensors), Format::Safetensors);
        assert_eq!(sniff(b"\x08\x06\x12\x07pytorch"), Format::Onnx);
        assert_eq!(sniff(b"PK\x03\x04"), Format::Pytorch);
        assert_eq!(sniff(b"\x80\x02\x8a\x0a"), Format::Pytorch);
        assert_eq!(sniff(b""), Format::Pytorch);
    }
}
