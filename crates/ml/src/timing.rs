//! How long a network takes, stage by stage, on the processor or on a GPU: for `tintype bench models`, which is no part of any request.
//!
//! On a GPU each stage waits for the device, which a request does not do: its stages overlap.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tintype_engine::{Gpu, Plan, Space, Texel, Working, gpu::GpuOptions, ops::Unpack, plan::Picture};
use tintype_pixels::{Layout, Planes, Size};

use crate::{
    Device, Matting, MattingKind, MlError, RetinaFace,
    bridge::{Bridge, Light},
    host,
    models::retinaface::anchors::{self, Rules},
    nn::Unwatched,
};

/// The networks that are timed.
pub const NAMES: [&str; 6] = ["retinaface", "u2netp", "u2net", "isnet", "birefnet-lite", "birefnet"];

/// What finds faces is timed at this size: half a megapixel photo's copy.
const FACES_SIZE: Size = Size::new(640, 640);

/// Where networks are timed.
#[derive(Clone, Debug)]
pub enum Place {
    /// On the processor, by burn's native kernels.
    Processor,
    /// On a GPU that is shared with the engine.
    Gpu(Arc<Shared>),
}

/// A GPU, burn's view of it and what is between.
#[derive(Debug)]
pub struct Shared {
    gpu: Gpu,
    device: Device,
    bridge: Bridge,
}

impl Place {
    /// The GPU whose name has `adapter` in it, or else the most capable one.
    ///
    /// # Errors
    /// When there is none, or it cannot be shared.
    pub fn gpu(adapter: Option<&str>) -> Result<Self, MlError> {
        let options = GpuOptions { adapter: adapter.map(str::to_owned), is_shared: true, ..GpuOptions::default() };
        let gpu = Gpu::new(&options).map_err(|cause| MlError::Device { cause: cause.to_string() })?;
        let device = Device::of_engine(&gpu)?;
        let bridge = Bridge::new(gpu.device(), gpu.queue(), Texel::F16, Light::Encoded);
        Ok(Self::Gpu(Arc::new(Shared { gpu, device, bridge })))
    }

    /// The adapter's name, or `processor`.
    pub fn name(&self) -> &str {
        match self {
            Self::Processor => "processor",
            Self::Gpu(shared) => &shared.gpu.caps().name,
        }
    }

    fn device(&self) -> Device {
        match self {
            Self::Processor => Device::cpu(),
            Self::Gpu(shared) => shared.device.clone(),
        }
    }
}

/// A network that is loaded, and the picture it looks at: its own input's size, gray noise, which costs what any picture does.
#[derive(Debug)]
pub struct Timed {
    name: &'static str,
    place: Place,
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
    /// From 8-bit samples to a working image on the GPU; nothing on the processor.
    pub copy: Duration,
    /// From there, or from the samples, to the network's input.
    pub preprocess: Duration,
    /// The network.
    pub inference: Duration,
    /// From its answer to faces or a matte.
    pub post: Duration,
}

impl Stages {
    /// All stages together.
    pub fn total(self) -> Duration {
        self.copy + self.preprocess + self.inference + self.post
    }

    /// The median of each stage; zero without any times.
    pub fn median(times: &[Self]) -> Self {
        let of = |stage: fn(&Self) -> Duration| {
            let mut each: Vec<_> = times.iter().map(stage).collect();
            each.sort();
            each.get(each.len() / 2).copied().unwrap_or_default()
        };
        Self {
            copy: of(|t| t.copy),
            preprocess: of(|t| t.preprocess),
            inference: of(|t| t.inference),
            post: of(|t| t.post),
        }
    }
}

impl Timed {
    /// Reads the weights at `path` of the network that [`NAMES`] calls `name`, to run at `place`.
    ///
    /// # Errors
    /// When the file is not that network's; a name that is not in the list is one that no file has.
    pub fn load(name: &str, path: &Path, place: &Place) -> Result<Self, MlError> {
        let device = place.device();
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
        Ok(Self { name, place: place.clone(), device, network, picture })
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
        match &self.place {
            Place::Processor => self.run_here(),
            Place::Gpu(shared) => self.run_there(shared),
        }
    }

    fn run_here(&self) -> Result<Stages, MlError> {
        let copy = Duration::ZERO;
        let mut lap = laps();
        match &self.network {
            Network::Faces(network) => {
                let input = network.input(&self.picture)?;
                let preprocess = lap();
                let levels = network.levels(input, &mut Unwatched)?;
                let inference = lap();
                drop(anchors::faces(&levels, &Rules::default()));
                Ok(Stages { copy, preprocess, inference, post: lap() })
            }
            Network::Matting(network) => {
                let input = network.input(&self.picture)?;
                let preprocess = lap();
                let matte = network.forward(input, &mut Unwatched);
                let inference = lap();
                drop(host::to_values(matte, &self.device)?);
                Ok(Stages { copy, preprocess, inference, post: lap() })
            }
        }
    }

    fn run_there(&self, shared: &Shared) -> Result<Stages, MlError> {
        let Shared { gpu, device, bridge } = shared;
        let failed = |cause: String| MlError::Run { cause };
        let wait = || device.burn().sync().map_err(|cause| failed(cause.to_string()));
        let size = self.picture.size();
        let plan = Plan {
            working: Working { space: Space::Encoded, texel: Texel::F16 },
            picture: Picture { unpack: Unpack::plain(0, size, self.picture.layout()), steps: Vec::new() },
            pack: None,
            is_opaque: true,
            fdct: None,
            huffman: None,
            warnings: Vec::new(),
        };
        let view = |texture: &wgpu::Texture| texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut lap = laps();
        let output =
            gpu.run(plan.record(), &[self.picture.bytes().into()]).map_err(|cause| failed(cause.to_string()))?;
        let image = output.texture.ok_or_else(|| failed("no image was kept".into()))?;
        let copy = lap();
        match &self.network {
            Network::Faces(network) => {
                let input = network.input_of_images(bridge, &[view(&image)], size)?;
                wait()?;
                let preprocess = lap();
                let levels = network.heads(input, &mut Unwatched);
                wait()?;
                let inference = lap();
                drop(network.faces_of(bridge, &levels, 0)?);
                Ok(Stages { copy, preprocess, inference, post: lap() })
            }
            Network::Matting(network) => {
                let matte = gpu.lend(size, Texel::F16);
                let input = network.input_of_images(bridge, &[view(&image)])?;
                wait()?;
                let preprocess = lap();
                let answer = network.forward(input, &mut Unwatched);
                wait()?;
                let inference = lap();
                bridge.images_from_tensor(answer, &[view(&matte)])?;
                wait()?;
                Ok(Stages { copy, preprocess, inference, post: lap() })
            }
        }
    }
}

/// The time since the last call, or since it was made.
fn laps() -> impl FnMut() -> Duration {
    let mut clock = Instant::now();
    move || std::mem::replace(&mut clock, Instant::now()).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_each_stage() {
        let stages = |a, b, c| {
            let [preprocess, inference, post] = [a, b, c].map(Duration::from_millis);
            Stages { preprocess, inference, post, ..Stages::default() }
        };
        let median = Stages::median(&[stages(1, 9, 5), stages(3, 7, 4), stages(2, 8, 6)]);
        assert_eq!((median, median.total()), (stages(2, 8, 5), Duration::from_millis(15)));
        assert_eq!(Stages::median(&[]), Stages::default());
    }
}
