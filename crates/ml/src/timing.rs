//! How long a network takes on the processor, stage by stage: for `tintype bench models`, which is no part of any request.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tintype_pixels::{Layout, Planes, Size};

use crate::{
    Device, Matting, MattingKind, MlError, RetinaFace, host,
    models::retinaface::anchors::{self, Rules},
    nn::Unwatched,
};

/// The networks that are timed.
pub const NAMES: [&str; 6] = ["retinaface", "u2netp", "u2net", "isnet", "birefnet-lite", "birefnet"];

/// What finds faces is timed at this size: half a megapixel photo's copy.
const FACES_SIZE: Size = Size::new(640, 640);

/// A network that is loaded, and the picture it looks at: its own input's size, gray noise, which costs what any picture does.
#[derive(Debug)]
pub struct Timed {
    name: &'static str,
    device: Device,
    network: Network,
    picture: Planes,
}

#[derive(Debug)]
enum Network {
    Faces(Box<RetinaFace>),
    Matting(Box<Matting>),
}

/// How long one picture took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// From 8-bit samples to the network's input.
    pub preprocess: Duration,
    /// The network.
    pub inference: Duration,
    /// From its answer to faces or a matte.
    pub post: Duration,
}

impl Stages {
    /// All stages together.
    pub fn total(self) -> Duration {
        self.preprocess + self.inference + self.post
    }

    /// The median of each stage; zero without any times.
    pub fn median(times: &[Self]) -> Self {
        let of = |stage: fn(&Self) -> Duration| {
            let mut each: Vec<_> = times.iter().map(stage).collect();
            each.sort();
            each.get(each.len() / 2).copied().unwrap_or_default()
        };
        Self { preprocess: of(|t| t.preprocess), inference: of(|t| t.inference), post: of(|t| t.post) }
    }
}

impl Timed {
    /// Reads the weights at `path` of the network that [`NAMES`] calls `name`.
    ///
    /// # Errors
    /// When the file is not that network's; a name that is not in the list is one that no file has.
    pub fn load(name: &str, path: &Path) -> Result<Self, MlError> {
        let device = Device::cpu();
        let kind = MattingKind::ALL.into_iter().find(|kind| kind.name() == name);
        let (name, size, network) = match kind {
            Some(kind) => {
                let network = Matting::load(kind, path, &device)?;
                (kind.name(), network.input_size(), Network::Matting(Box::new(network)))
            }
            None => (NAMES[0], FACES_SIZE, Network::Faces(Box::new(RetinaFace::load(path, &device)?))),
        };
        let samples = (0..size.area() * 3).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let picture = Planes::new(size, Layout::RGB8, samples).expect("three bytes a pixel");
        Ok(Self { name, device, network, picture })
    }

    /// Which network it is.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The size of what it looks at.
    pub fn input_size(&self) -> Size {
        self.picture.size()
    }

    /// Looks once.
    ///
    /// # Errors
    /// When the network fails.
    pub fn run(&self) -> Result<Stages, MlError> {
        let mut clock = Instant::now();
        let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();
        match &self.network {
            Network::Faces(network) => {
                let input = network.input(&self.picture)?;
                let preprocess = lap();
                let levels = network.levels(input, &mut Unwatched)?;
                let inference = lap();
                drop(anchors::faces(&levels, &Rules::default()));
                Ok(Stages { preprocess, inference, post: lap() })
            }
            Network::Matting(network) => {
                let input = network.input(&self.picture)?;
                let preprocess = lap();
                let matte = network.forward(input, &mut Unwatched);
                let inference = lap();
                drop(host::to_values(matte, &self.device)?);
                Ok(Stages { preprocess, inference, post: lap() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_each_stage() {
        let stages = |a, b, c| {
            let [preprocess, inference, post] = [a, b, c].map(Duration::from_millis);
            Stages { preprocess, inference, post }
        };
        let median = Stages::median(&[stages(1, 9, 5), stages(3, 7, 4), stages(2, 8, 6)]);
        assert_eq!((median, median.total()), (stages(2, 8, 5), Duration::from_millis(15)));
        assert_eq!(Stages::median(&[]), Stages::default());
    }
}
