//! `requests`: one picture after the other through one engine, for measurements from outside.
//!
//! `requests shrink` decodes JPEGs smaller where that suits, `requests full` never, `requests` as suits the adapter. Each line of the
//! standard input is a request, `INPUT OUTPUT OPTIONS`, and is answered by a line with the length of the result, once that is written.
//! `benches/peers/jpeg_thumbnails.py` drives it.

use std::{env, error::Error, fs, io, io::Write};

use tintype::{Policy, Request, Tintype, engine::plan::Shrink};

fn main() -> Result<(), Box<dyn Error>> {
    let shrink = match env::args().nth(1).as_deref() {
        Some("shrink") => Some(Shrink::TwiceLeft),
        Some("full") => Some(Shrink::Never),
        _ => None,
    };
    let tintype = Tintype::builder().policy(Policy { shrink, ..Policy::default() }).build()?;
    println!("{}", tintype.caps());
    for line in io::stdin().lines() {
        let line = line?;
        let [input, output, options] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err("a line is INPUT OUTPUT OPTIONS".into());
        };
        let request = Request::from(options.parse::<tintype::TransformOptions>()?);
        let out = tintype.transform(&fs::read(input)?, &request)?;
        fs::write(output, &out.bytes)?;
        println!("{}", out.bytes.len());
        io::stdout().flush()?;
    }
    Ok(())
}
