//! `thumbnail INPUT OUTPUT OPTIONS`: one picture through the library, with the plan and the times.

use std::{env, error::Error, fs};

use tintype::{Output, Tintype};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [input, output, options] = arguments.as_slice() else {
        return Err("usage: thumbnail INPUT OUTPUT OPTIONS".into());
    };
    let tintype = Tintype::builder().build()?;
    println!("{}", tintype.caps());
    for _ in 0..3 {
        let out = tintype.input(fs::read(input)?).transform(options.parse()?).output(Output::auto()).run()?;
        println!("{}{} bytes of {}, {:?}", out.plan, out.bytes.len(), out.content_type, out.timings);
        fs::write(output, &out.bytes)?;
    }
    Ok(())
}
