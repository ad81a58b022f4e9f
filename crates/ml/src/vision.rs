//! The engine's questions, answered by the models that are installed.
//!
//! [`Models`] loads a network when it is first needed, or at [`Vision::prepare`], and keeps it. A model that is installed
//! later is found at the next question; one that is kept stays until the program ends. Pictures wait in line for the
//! networks, because a network uses all the processors there are: so many are looked at at once, so many may wait, and
//! more are refused.

use std::{
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, mpsc},
    thread,
};

use burn::tensor::wgpu::WgpuSetup;
use tintype_engine::{
    Gpu, Space, Texel, Vision, VisionError,
    vision::{MatteOf, Place, SegmentModel, View},
};
use tintype_pixels::{Face, Layout, Planes, Size};
use tintype_weights::{Model, NotInstalled, Store};

use crate::{
    Device, Matting, MattingKind, MlError, RetinaFace,
    bridge::{Bridge, Light},
};

/// What models are kept, where they run, and how many pictures they look at.
#[derive(Clone, Debug)]
pub struct ModelsOptions {
    /// Where installed models are.
    pub store: Store,
    /// What the networks run on.
    pub on: On,
    /// Which network makes mattes where none is asked for; without it the best that is installed, on a GPU, and the quickest
    /// on the processor, which takes minutes for pictures that the best ones look at.
    pub matting: Option<MattingKind>,
    /// Pictures that are looked at at once, at least 1. More need more memory and gain little: one keeps the device busy.
    pub at_once: usize,
    /// Pictures that may wait for their turn; more are refused.
    pub waiting: usize,
}

impl ModelsOptions {
    /// The models in `store`: one picture at once, 64 waiting, on the GPU if there is one.
    pub fn new(store: Store) -> Self {
        Self { store, on: On::Auto, matting: None, at_once: 1, waiting: 64 }
    }
}

/// What networks run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// The engine's own device, unless that is software: then the processor, where burn's native kernels are some twenty
    /// times faster than its shaders are on a software driver.
    #[default]
    Auto,
    /// The engine's own device, whatever it is.
    Gpu,
    /// The processor.
    Cpu,
}

/// Finds faces and foregrounds with what is installed.
#[derive(Debug)]
pub struct Models {
    options: ModelsOptions,
    turns: Turns,
    desk: OnceLock<Desk>,
}

/// Where the networks are asked.
#[derive(Debug)]
enum Desk {
    /// On the thread that asks, for networks on the processor.
    Here(Box<Networks>),
    /// On a thread of their own, for networks on the GPU.
    Away(Away),
}

impl Models {
    /// Loads nothing yet.
    pub fn new(options: ModelsOptions) -> Self {
        let turns = Turns::new(options.at_once, options.waiting);
        Self { options, turns, desk: OnceLock::new() }
    }

    /// On the processor, unless [`Vision::attach`] has decided otherwise.
    fn desk(&self) -> &Desk {
        self.desk
            .get_or_init(|| Desk::Here(Box::new(Networks::new(&self.options, Prefer::Quickest, Device::cpu(), None))))
    }
}

impl Vision for Models {
    fn shares_device(&self) -> bool {
        self.options.on != On::Cpu
    }

    fn attach(&self, gpu: &Gpu, space: Space) -> Result<(), VisionError> {
        let on_gpu = match self.options.on {
            On::Auto => !gpu.caps().is_software,
            On::Gpu => true,
            On::Cpu => false,
        };
        if on_gpu {
            let away = Away::start(&self.options, gpu, space)?;
            // A second engine by the same models finds them where they are.
            drop(self.desk.set(Desk::Away(away)));
        }
        Ok(())
    }

    fn prepare(&self) -> Result<String, VisionError> {
        let (names, place) = match self.desk() {
            Desk::Here(networks) => (networks.warm_up()?, "on the processor"),
            Desk::Away(away) => (away.ask(Networks::warm_up)?, "on the GPU"),
        };
        Ok(if names.is_empty() { "none installed".to_owned() } else { format!("{} {place}", names.join(", ")) })
    }

    fn place(&self) -> Place {
        match self.desk() {
            Desk::Here(_) => Place::Host,
            Desk::Away(_) => Place::Device,
        }
    }

    fn faces(&self, view: View<'_>) -> Result<Vec<Face>, VisionError> {
        let _turn = self.turns.take()?;
        match (self.desk(), view) {
            (Desk::Here(networks), View::Samples(picture)) => networks.faces()?.detect(picture).map_err(failed),
            (Desk::Away(away), View::Image { texture, size }) => {
                let texture = texture.clone();
                away.ask(move |networks| networks.faces_of_image(&texture, size))
            }
            (Desk::Here(_) | Desk::Away(_), _) => Err(misplaced()),
        }
    }

    fn matte_view(&self, _: Size, model: Option<SegmentModel>) -> Result<Size, VisionError> {
        let input_size = move |networks: &Networks| Ok(networks.matting(model)?.input_size());
        match self.desk() {
            Desk::Here(networks) => input_size(networks),
            Desk::Away(away) => away.ask(input_size),
        }
    }

    fn matte(&self, view: View<'_>, model: Option<SegmentModel>) -> Result<MatteOf, VisionError> {
        let _turn = self.turns.take()?;
        match (self.desk(), view) {
            (Desk::Here(networks), View::Samples(picture)) => {
                networks.matting(model)?.matte(picture).map(MatteOf::Samples).map_err(failed)
            }
            (Desk::Away(away), View::Image { texture, size }) => {
                let texture = texture.clone();
                away.ask(move |networks| networks.matte_of_image(&texture, size, model))
            }
            (Desk::Here(_) | Desk::Away(_), _) => Err(misplaced()),
        }
    }
}

fn failed(error: MlError) -> VisionError {
    VisionError::Failed(error.into())
}

fn misplaced() -> VisionError {
    VisionError::Failed("the picture is not where the networks are".into())
}

const FACES: &str = "retinaface";
const GRAVITY: &str = "gravity=face";
const SEGMENT: &str = "segment=foreground";

/// The networks, loaded when they are first needed.
#[derive(Debug)]
struct Networks {
    store: Store,
    wanted: Option<MattingKind>,
    prefer: Prefer,
    device: Device,
    /// How working images reach networks on the GPU.
    bridge: Option<(Bridge, wgpu::Device)>,
    faces: Slot<RetinaFace>,
    /// By the place of their kind among all.
    matting: [Slot<Matting>; MattingKind::ALL.len()],
}

/// Which of the installed networks makes mattes where none is named.
#[derive(Clone, Copy, Debug)]
enum Prefer {
    Best,
    Quickest,
}

impl Prefer {
    fn order(self) -> Vec<MattingKind> {
        let mut kinds = MattingKind::ALL.to_vec();
        if let Self::Best = self {
            kinds.reverse();
        }
        kinds
    }
}

fn kind_of(model: SegmentModel) -> MattingKind {
    match model {
        SegmentModel::U2Netp => MattingKind::U2Netp,
        SegmentModel::U2Net => MattingKind::U2Net,
        SegmentModel::IsNet => MattingKind::IsNet,
        SegmentModel::BiRefNetLite => MattingKind::BiRefNetLite,
        SegmentModel::BiRefNet => MattingKind::BiRefNet,
    }
}

impl Networks {
    fn new(options: &ModelsOptions, prefer: Prefer, device: Device, bridge: Option<(Bridge, wgpu::Device)>) -> Self {
        Self {
            store: options.store.clone(),
            wanted: options.matting,
            prefer,
            device,
            bridge,
            faces: Slot::default(),
            matting: Default::default(),
        }
    }

    /// Loads what is installed and lets each network look at an empty picture. The names of the models that are there.
    fn warm_up(&self) -> Result<Vec<&'static str>, VisionError> {
        let gray = |size: Size| {
            Planes::new(size, Layout::RGB8, vec![127; size.area() as usize * 3]).expect("three bytes a pixel")
        };
        let mut names = Vec::new();
        if let Some(network) = if_installed(self.faces())? {
            let size = Size::new(320, 320);
            match &self.bridge {
                Some((_, gpu)) => self.faces_of_image(&image(gpu, size), size).map(drop)?,
                None => network.detect(&gray(size)).map(drop).map_err(failed)?,
            }
            names.push(FACES);
        }
        if let Some(network) = if_installed(self.matting(None))? {
            let size = network.input_size();
            match &self.bridge {
                Some((_, gpu)) => self.matte_of_image(&image(gpu, size), size, None).map(drop)?,
                None => network.matte(&gray(size)).map(drop).map_err(failed)?,
            }
            names.push(network.kind().name());
        }
        Ok(names)
    }

    fn faces(&self) -> Result<Arc<RetinaFace>, VisionError> {
        self.faces.get_or_load(|| RetinaFace::load(&self.path(FACES, GRAVITY)?, &self.device).map_err(failed))
    }

    /// The network that makes mattes: the one that is asked for, the one that is configured, or of those installed the
    /// preferred one.
    fn matting(&self, asked: Option<SegmentModel>) -> Result<Arc<Matting>, VisionError> {
        if let Some(kind) = asked.map(kind_of).or(self.wanted) {
            return self.matting_of(kind);
        }
        for kind in self.prefer.order() {
            if let Some(network) = if_installed(self.matting_of(kind))? {
                return Ok(network);
            }
        }
        // None is there; the smallest anyone can fetch.
        self.matting_of(MattingKind::U2Netp)
    }

    fn matting_of(&self, kind: MattingKind) -> Result<Arc<Matting>, VisionError> {
        let place = MattingKind::ALL.iter().position(|other| *other == kind).expect("all are in the list");
        self.matting[place]
            .get_or_load(|| Matting::load(kind, &self.path(kind.name(), SEGMENT)?, &self.device).map_err(failed))
    }

    fn faces_of_image(&self, texture: &wgpu::Texture, size: Size) -> Result<Vec<Face>, VisionError> {
        let (bridge, _) = self.bridge.as_ref().ok_or_else(misplaced)?;
        self.faces()?.detect_image(bridge, &view(texture), size).map_err(failed)
    }

    fn matte_of_image(
        &self,
        texture: &wgpu::Texture,
        size: Size,
        model: Option<SegmentModel>,
    ) -> Result<MatteOf, VisionError> {
        let (bridge, gpu) = self.bridge.as_ref().ok_or_else(misplaced)?;
        let network = self.matting(model)?;
        if size != network.input_size() {
            return Err(failed(MlError::Size { found: size, needed: network.input_size() }));
        }
        let matte = image(gpu, size);
        network.matte_image(bridge, &view(texture), &view(&matte)).map_err(failed)?;
        Ok(MatteOf::Image { texture: matte, size })
    }

    /// Where the weights of a model are.
    fn path(&self, name: &str, wanted: &'static str) -> Result<PathBuf, VisionError> {
        let found = Model::find(name).and_then(|model| self.store.installed(model));
        found.map(|installed| installed.path).map_err(|error| match error {
            NotInstalled::Missing { command, .. } | NotInstalled::Outdated { command, .. } => {
                VisionError::NotInstalled { wanted, remedy: command }
            }
            // Says where files are, which is nobody's business but the operator's.
            error => VisionError::Failed(error.into()),
        })
    }
}

/// What is not installed is no error.
fn if_installed<T>(network: Result<T, VisionError>) -> Result<Option<T>, VisionError> {
    match network {
        Ok(network) => Ok(Some(network)),
        Err(VisionError::NotInstalled { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An image as the engine's are.
fn image(gpu: &wgpu::Device, size: Size) -> wgpu::Texture {
    gpu.create_texture(&wgpu::TextureDescriptor {
        label: Some("matte"),
        size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba16Float,
        usage: wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    })
}

fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// Networks on the GPU: asked on one thread, because burn keeps an encoder for each, and what one thread recorded no other
/// flushes.
#[derive(Debug)]
struct Away {
    questions: Mutex<mpsc::Sender<Question>>,
}

type Question = Box<dyn FnOnce(&Networks) + Send>;

impl Away {
    fn start(options: &ModelsOptions, gpu: &Gpu, space: Space) -> Result<Self, VisionError> {
        let instance = gpu.instance().ok_or_else(|| {
            VisionError::Failed("models run on the GPU only where the engine created its device".into())
        })?;
        let device = Device::wgpu(WgpuSetup {
            instance: instance.clone(),
            adapter: gpu.adapter().clone(),
            device: gpu.device().clone(),
            queue: gpu.queue().clone(),
            backend: gpu.adapter().get_info().backend,
        });
        // burn has taken the device's callbacks, of which one panics.
        gpu.listen();
        let light = if space == Space::Linear { Light::Linear } else { Light::Encoded };
        let bridge = Bridge::new(gpu.device(), gpu.queue(), Texel::F16, light);
        let prefer = if gpu.caps().is_software { Prefer::Quickest } else { Prefer::Best };
        let bridge = Some((bridge, gpu.device().clone()));
        let networks = Networks::new(options, prefer, device.map_err(failed)?, bridge);
        let (questions, asked) = mpsc::channel::<Question>();
        let answering = move || {
            for question in asked {
                // Whoever asked finds out by the answer that never comes.
                drop(panic::catch_unwind(AssertUnwindSafe(|| question(&networks))));
            }
        };
        thread::Builder::new()
            .name("tintype-ml".to_owned())
            .spawn(answering)
            .map_err(|error| VisionError::Failed(error.into()))?;
        Ok(Self { questions: Mutex::new(questions) })
    }

    /// Waits for the answer.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Networks) -> Result<T, VisionError> + Send + 'static,
    ) -> Result<T, VisionError> {
        let (answer, answered) = mpsc::channel();
        let asking: Question = Box::new(move |networks| drop(answer.send(question(networks))));
        let gone = || VisionError::Failed("a network panicked".into());
        lock(&self.questions).send(asking).map_err(|_unsent| gone())?;
        answered.recv().map_err(|_unanswered| gone())?
    }
}

/// A network that is loaded once.
#[derive(Debug)]
struct Slot<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Slot<T> {
    /// What is kept, or what `load` gives. Whoever comes meanwhile waits; an error is not kept.
    fn get_or_load(&self, load: impl FnOnce() -> Result<T, VisionError>) -> Result<Arc<T>, VisionError> {
        let mut slot = lock(&self.0);
        if let Some(kept) = &*slot {
            return Ok(Arc::clone(kept));
        }
        let loaded = Arc::new(load()?);
        *slot = Some(Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// Who may look and who has to wait.
#[derive(Debug)]
struct Turns {
    most_waiting: usize,
    state: Mutex<Line>,
    next: Condvar,
}

#[derive(Debug)]
struct Line {
    free: usize,
    waiting: usize,
}

/// Given back when dropped.
#[derive(Debug)]
struct Turn<'a>(&'a Turns);

impl Turns {
    fn new(at_once: usize, most_waiting: usize) -> Self {
        Self { most_waiting, state: Mutex::new(Line { free: at_once.max(1), waiting: 0 }), next: Condvar::new() }
    }

    /// Waits for a turn, unless too many do.
    fn take(&self) -> Result<Turn<'_>, VisionError> {
        let mut line = lock(&self.state);
        if line.free == 0 && line.waiting >= self.most_waiting {
            return Err(VisionError::Busy);
        }
        line.waiting += 1;
        let mut line = self.next.wait_while(line, |line| line.free == 0).unwrap_or_else(PoisonError::into_inner);
        line.waiting -= 1;
        line.free -= 1;
        Ok(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).free += 1;
        self.0.next.notify_one();
    }
}

/// A network that panicked left nothing behind that another must not see.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn what_is_missing_names_the_command() {
        let folder = tempfile::tempdir().expect("a folder");
        let models = Models::new(ModelsOptions::new(Store::at(folder.path())));
        let picture = Planes::new(Size::new(1, 1), Layout::RGB8, vec![0; 3]).expect("a pixel");
        let faces = models.faces(View::Samples(&picture)).expect_err("nothing is installed").to_string();
        assert_eq!(faces, "gravity=face needs a model that is not installed: tintype models pull retinaface");
        let matte = models.matte_view(Size::new(1, 1), None).expect_err("nothing is installed").to_string();
        assert_eq!(matte, "segment=foreground needs a model that is not installed: tintype models pull u2netp");
        assert_eq!(models.prepare().expect("nothing is no error"), "none installed");
    }

    #[test]
    fn a_model_that_is_named_is_the_one_that_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = ModelsOptions::new(Store::at(folder.path()));
        options.matting = Some(MattingKind::IsNet);
        let models = Models::new(options);
        let missing = |model| models.matte_view(Size::new(1, 1), model).expect_err("nothing is installed").to_string();
        assert!(missing(None).ends_with("tintype models pull isnet"), "the configured one: {}", missing(None));
        for model in SegmentModel::ALL {
            assert_eq!(model.name(), kind_of(*model).name());
            assert!(missing(Some(*model)).contains(model.name()), "{}", missing(Some(*model)));
        }
        assert_eq!(Prefer::Quickest.order().first(), Some(&MattingKind::U2Netp));
        assert_eq!(Prefer::Best.order().first(), Some(&MattingKind::BiRefNet));
    }

    /// Sixteen at once, of which two may look and five may wait: the other nine are refused, and no more than two ever look.
    #[test]
    fn of_sixteen_at_once_no_more_look_than_may() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        const AT_ONCE: usize = 2;
        let turns = Turns::new(AT_ONCE, 5);
        let [looking, most, refused, done] = [0; 4].map(AtomicUsize::new);
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| match turns.take() {
                    Ok(_turn) => {
                        most.fetch_max(looking.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        // Nobody leaves before everybody has come.
                        while refused.load(Ordering::SeqCst) < 9 {
                            thread::sleep(Duration::from_millis(1));
                        }
                        looking.fetch_sub(1, Ordering::SeqCst);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(VisionError::Busy) => drop(refused.fetch_add(1, Ordering::SeqCst)),
                    Err(other) => panic!("{other}"),
                });
            }
        });
        let counts = [most, refused, done].map(AtomicUsize::into_inner);
        assert_eq!(counts, [AT_ONCE, 9, 7]);
        assert_eq!(VisionError::Busy.fault(), tintype_pixels::Fault::Busy);
    }

    #[test]
    fn turns_are_bounded_and_given_back() {
        let turns = Turns::new(2, 1);
        let (first, second) = (turns.take().expect("free"), turns.take().expect("free"));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| turns.take().map(drop));
            while lock(&turns.state).waiting == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            assert!(matches!(turns.take(), Err(VisionError::Busy)), "one more than may wait");
            drop(first);
            waiting.join().expect("no panic").expect("its turn came");
        });
        drop(second);
        assert_eq!(lock(&turns.state).free, 2);
    }
}
