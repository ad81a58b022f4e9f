//! Writes a text as a PAM picture: `cargo run -p tintype-text --example text -- "Hello" out.pam [size] [font]`.
//!
//! PAM (netpbm) is a short header and the raw bytes; most viewers and converters read it.

use std::{env, error::Error, fs};

use tintype_text::{Font, Limits, TextStyle, render};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [text, out, more @ ..] = args.as_slice() else {
        return Err("usage: text TEXT OUT.pam [SIZE_PX] [FONT]".into());
    };
    let limits = Limits::default();
    let size_px = more.first().map_or(Ok(48.0), |size| size.parse())?;
    let font = more.get(1).map(fs::read).transpose()?.map(|bytes| Font::parse(bytes, &limits)).transpose()?;
    let planes = render(&TextStyle { size_px, font: font.as_ref(), ..TextStyle::new(text) }, &limits)?;
    let size = planes.size();
    let mut pam =
        format!("P7\nWIDTH {}\nHEIGHT {}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", size.width, size.height)
            .into_bytes();
    pam.extend_from_slice(planes.bytes());
    fs::write(out, pam)?;
    println!("{out}: {size}");
    Ok(())
}
