//! `tintype mask`: how much of every pixel is foreground, as a gray PNG.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use serde_json::json;
use tintype::{
    Layout, Planes, TransformOptions,
    codecs::{self, Encode, Metadata},
};

use crate::{
    args::MaskArgs,
    failure::usage,
    files,
    pictures::{self, STDIO},
    progress, show, transform,
};

pub(crate) fn run(args: &MaskArgs, adapter: Option<&str>) -> anyhow::Result<ExitCode> {
    let options = options(args.model.as_deref())?;
    check_output(args)?;
    let bytes = pictures::read(&args.file, transform::policy().limits.bytes)?;
    let tintype = progress::waiting("building the pipelines", || transform::build(adapter))?;
    let cut = tintype.input(bytes).transform(options);
    let cut = progress::waiting("looking for the foreground", || cut.to_samples())
        .with_context(|| args.file.display().to_string())?;
    let mask = alpha(&cut);
    let png = codecs::encode(&mask, &Encode::png(), &Metadata::default())?;
    if args.output == Path::new(STDIO) {
        return show::out(&png);
    }
    files::write(&args.output, &png)?;
    if args.json {
        return show::json(&json!({
            "output": args.output,
            "width": mask.size().width,
            "height": mask.size().height,
            "bytes": png.len(),
            "foreground": share(&mask),
        }));
    }
    Ok(ExitCode::SUCCESS)
}

/// What cuts out the foreground and nothing else, by the named model or the one that would be chosen.
pub(crate) fn options(model: Option<&str>) -> anyhow::Result<TransformOptions> {
    let model = model.map(|name| format!(",segment-model={name}")).unwrap_or_default();
    transform::options(&format!("segment=foreground,segment-refine=off{model}"))
}

/// The transparency of a picture, 8 bits a pixel, as a picture without any.
pub(crate) fn alpha(cut: &Planes) -> Planes {
    let (size, layout) = (cut.size(), cut.layout());
    let bytes = cut.bytes().chunks_exact(layout.pixel_bytes() as usize);
    // Wide samples begin with the less significant byte: the last of a pixel is its alpha's more significant one.
    let alphas = bytes.map(|pixel| if layout.has_alpha() { pixel[pixel.len() - 1] } else { u8::MAX });
    Planes::new(size, Layout::GRAY8, alphas.collect()).expect("one byte a pixel")
}

/// The part of the picture that is foreground, 0 to 1.
fn share(mask: &Planes) -> f64 {
    let sum: f64 = mask.bytes().iter().map(|value| f64::from(*value) / 255.0).sum();
    sum / mask.size().area() as f64
}

/// Refuses, before anything is done, to write where something is lost or nobody can read it.
fn check_output(args: &MaskArgs) -> anyhow::Result<()> {
    if args.output == Path::new(STDIO) {
        return match (args.json, io::stdout().is_terminal()) {
            (true, _) => Err(usage!("--json: standard output is taken by the mask; name an output file")),
            (false, true) => {
                Err(usage!("a terminal shows no picture; name an output file, or send standard output somewhere"))
            }
            (false, false) => Ok(()),
        };
    }
    let is_input = files::are_same(&args.file, &args.output);
    if is_input {
        return Err(usage!("{} is the input; a mask never takes its place", args.output.display()));
    }
    if args.output.is_file() && !args.force {
        return Err(usage!("{} exists; --force replaces it", args.output.display()));
    }
    Ok(())
}
