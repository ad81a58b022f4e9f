//! `tintype explain`: the plan for a picture that need not exist, on a device that need not be there.

use std::process::ExitCode;

use tintype::{Accepts, ImageFormat, ImageInfo, Request, Size, TransformOptions, engine::plan::Device, formats};

use crate::{
    args::ExplainArgs,
    failure::usage,
    show,
    transform::{self, policy},
};

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let info = source(args)?;
    let options: TransformOptions = transform::options(&args.options)?;
    let request = Request { options, accepts: Accepts::ALL };
    let plan = tintype::explain(&info, &request, &policy(), Device::default())?;
    show::out(plan.as_bytes())
}

/// The header of a picture as the flags describe it.
fn source(args: &ExplainArgs) -> anyhow::Result<ImageInfo> {
    let size = size(&args.size)
        .ok_or_else(|| usage!("--size: {:?} is not a width and height in pixels such as 4000x3000", args.size))?;
    let format = format(&args.format)?;
    if args.alpha && format == ImageFormat::Jpeg {
        return Err(usage!("--alpha: a jpeg has no transparent parts; name another --format"));
    }
    Ok(ImageInfo::imagined(format, size, args.alpha))
}

fn size(text: &str) -> Option<Size> {
    let (width, height) = text.split_once(['x', 'X'])?;
    let size = Size::new(width.parse().ok()?, height.parse().ok()?);
    (!size.is_empty()).then_some(size)
}

fn format(name: &str) -> anyhow::Result<ImageFormat> {
    let read = || formats().into_iter().filter(|support| support.reads.is_some()).map(|support| support.format);
    let name = if name == "jpg" { "jpeg" } else { name };
    read().find(|format| format.name() == name).ok_or_else(|| {
        let names: Vec<_> = read().map(ImageFormat::name).collect();
        usage!("--format: {name:?} is not one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("4000x3000"), Some(Size::new(4000, 3000)));
        assert_eq!(size("1X1"), Some(Size::new(1, 1)));
        for text in ["", "x", "400", "400x", "0x5", "-1x5", "4 x 5", "1x2x3", "4294967296x1"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
