//! What nobody can guess: ids and secrets, from the system's source of randomness.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::HostedError;

fn bytes<const N: usize>() -> Result<[u8; N], HostedError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(HostedError::Random)?;
    Ok(bytes)
}

/// 32 hexadecimal digits.
pub(crate) fn hex() -> Result<String, HostedError> {
    Ok(hexadecimal(&bytes::<16>()?))
}

/// A UUID of version 4 (RFC 9562, 5.4).
pub(crate) fn uuid() -> Result<String, HostedError> {
    let mut bytes = bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = hexadecimal(&bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    Ok(text)
}

/// 256 bits, as 43 characters of letters, digits, `-` and `_`.
pub(crate) fn secret() -> Result<String, HostedError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// `bytes` in lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
