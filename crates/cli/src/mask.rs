//! `tintype mask`: how much of every pixel is foreground, as a gray PNG.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use tintype::{
    Layout, Planes, TransformOptions,
    codecs::{self, Encode, Metadata},
    options::Segment,
};
use tintype_server::config::MlConfig;

use crate::{args::MaskArgs, files, pictures, pictures::STDIO, progress, show, transform};

pub(crate) fn run(args: &MaskArgs, adapter: Option<&str>) -> anyhow::Result<ExitCode> {
    let bytes = pictures::read(&args.file, transform::policy().limits.bytes)?;
    let models = MlConfig { matting: args.model.clone().unwrap_or_default(), ..MlConfig::default() };
    let tintype = progress::waiting("building the pipelines", || transform::build_with(adapter, &models))?;
    let options = TransformOptions { segment: Some(Segment::Foreground), ..TransformOptions::default() };
    let cut = tintype.input(bytes).transform(options);
    let cut = progress::waiting("looking for the foreground", || cut.to_samples())
        .with_context(|| args.file.display().to_string())?;
    let png = codecs::encode(&alpha(&cut), &Encode::png(), &Metadata::default())?;
    if args.output == Path::new(STDIO) {
        return show::out(&png);
    }
    files::write(&args.output, &png)?;
    Ok(ExitCode::SUCCESS)
}

/// The transparency of a picture, 8 bits a pixel, as a picture without any.
fn alpha(cut: &Planes) -> Planes {
    let (size, layout) = (cut.size(), cut.layout());
    let bytes = cut.bytes().chunks_exact(layout.pixel_bytes() as usize);
    // Wide samples begin with the less significant byte: the last of a pixel is its alpha's more significant one.
    let alphas = bytes.map(|pixel| if layout.has_alpha() { pixel[pixel.len() - 1] } else { u8::MAX });
    Planes::new(size, Layout::GRAY8, alphas.collect()).expect("one byte a pixel")
}
