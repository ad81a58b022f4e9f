//! `tintype faces`: where a picture's faces are.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};
use tintype::{Face, Faces};

use crate::{args::FacesArgs, pictures, progress, show, transform};

pub(crate) fn run(args: &FacesArgs, adapter: Option<&str>) -> anyhow::Result<ExitCode> {
    let bytes = pictures::read(&args.file, transform::policy().limits.bytes)?;
    let tintype = progress::waiting("building the pipelines", || transform::build(adapter))?;
    let found = progress::waiting("looking for faces", || tintype.faces(&bytes))
        .with_context(|| args.file.display().to_string())?;
    show::json(&described(&found))
}

fn described(found: &Faces) -> Value {
    json!({
        "width": found.size.width,
        "height": found.size.height,
        "faces": found.faces.iter().map(face).collect::<Vec<_>>(),
        "outer": found.outer_box().map(|[x, y, width, height]| json!({ "x": x, "y": y, "width": width, "height": height })),
    })
}

fn face(face: &Face) -> Value {
    let [left_eye, right_eye, nose, left_mouth, right_mouth] = face.landmarks;
    json!({
        "x": face.x, "y": face.y, "width": face.width, "height": face.height, "score": face.score,
        "landmarks": {
            "left_eye": left_eye, "right_eye": right_eye, "nose": nose,
            "left_mouth": left_mouth, "right_mouth": right_mouth,
        },
    })
}
