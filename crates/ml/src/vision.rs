//! The engine's questions, answered by the models that are installed.
//!
//! [`Models`] loads a network when it is first needed, or at [`Vision::prepare`], and keeps it. A model that is installed
//! later is found at the next question; one that is kept stays until the program ends. Pictures wait in line for the
//! networks, because a network uses all the processors there are: so many are looked at at once, so many may wait, and
//! more are refused.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tintype_engine::{
    Gpu, Space, Texel, Vision, VisionError,
    vision::{MatteOf, Place, SegmentModel, View},
};
use tintype_pixels::{Face, Layout, Planes, Size};
use tintype_weights::{Model, NotInstalled, Store};

use crate::{
    Device, Matting, MattingKind, MlError, RetinaFace,
    away::{Answers, Away},
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
    /// Pictures that are looked at at once, at least 1. More need more memory and gain little: one keeps the device busy. On a GPU
    /// at least as many as go through a network together.
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
    asked: OnceLock<(Desk, Turns)>,
    /// What made the last matte for which no network was named.
    chosen: Mutex<Option<MattingKind>>,
}

/// Where the networks are asked.
#[derive(Debug)]
enum Desk {
    /// On the thread that asks, for networks on the processor.
    Here(Box<Networks>),
    /// On a thread of their own, for networks on the GPU.
    Away(Away<Networks>),
}

/// Pictures that go through the detector together where several wait.
const FACES_BATCH: usize = 4;

impl Models {
    /// Loads nothing yet.
    pub fn new(options: ModelsOptions) -> Self {
        Self { options, asked: OnceLock::new(), chosen: Mutex::default() }
    }

    /// On the processor, unless [`Vision::attach`] has decided otherwise.
    fn asked(&self) -> &(Desk, Turns) {
        self.asked.get_or_init(|| {
            let networks = Networks::new(&self.options, Prefer::Quickest, Device::cpu(), None);
            (Desk::Here(Box::new(networks)), Turns::new(self.options.at_once, self.options.waiting))
        })
    }

    fn desk(&self) -> &Desk {
        &self.asked().0
    }

    /// Waits for a turn, unless too many do.
    fn turn(&self) -> Result<Turn<'_>, VisionError> {
        self.asked().1.take()
    }

    /// The network that is asked for, or configured; `None` leaves the choice to what is installed.
    fn wanted(&self, model: Option<SegmentModel>) -> Option<MattingKind> {
        model.map(kind_of).or(self.options.matting)
    }

    /// Bytes that networks on the GPU brought back to the host so far, 0 if they run on the processor: boxes of faces, and whatever a
    /// network reads when it is loaded. Blocks while the networks are busy.
    ///
    /// # Errors
    /// When a network panicked.
    pub fn read_bytes(&self) -> Result<u64, VisionError> {
        match self.desk() {
            Desk::Here(_) => Ok(0),
            Desk::Away(away) => away.ask(|networks| Ok(networks.device.read_bytes())),
        }
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
            let away = Away::start(Networks::on(&self.options, gpu, space)?, Some(gpu.clone()))?;
            let together = MattingKind::ALL.map(MattingKind::batch).into_iter().fold(FACES_BATCH, usize::max);
            let turns = Turns::new(self.options.at_once.max(together), self.options.waiting);
            // A second engine by the same models finds them where they are.
            drop(self.asked.set((Desk::Away(away), turns)));
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

    fn is_broken(&self) -> bool {
        match self.asked.get() {
            Some((Desk::Away(away), _)) => away.is_broken(),
            Some((Desk::Here(_), _)) | None => false,
        }
    }

    fn place(&self) -> Place {
        match self.desk() {
            Desk::Here(_) => Place::Host,
            Desk::Away(_) => Place::Device,
        }
    }

    fn faces(&self, view: View<'_>) -> Result<Vec<Face>, VisionError> {
        let _turn = self.turn()?;
        match (self.desk(), view) {
            (Desk::Here(networks), View::Samples(picture)) => networks.detector()?.detect(picture).map_err(failed),
            (Desk::Away(away), View::Image { texture, size }) => away.faces(texture.clone(), size),
            (Desk::Here(_) | Desk::Away(_), _) => Err(misplaced()),
        }
    }

    fn matte_view(&self, _: Size, model: Option<SegmentModel>) -> Result<Size, VisionError> {
        let wanted = self.wanted(model);
        let input_size = move |networks: &Networks| {
            let network = networks.matting(wanted)?;
            Ok((network.input_size(), network.kind()))
        };
        let (size, kind) = match self.desk() {
            Desk::Here(networks) => input_size(networks)?,
            Desk::Away(away) => away.ask(input_size)?,
        };
        if wanted.is_none() {
            *lock(&self.chosen) = Some(kind);
        }
        Ok(size)
    }

    fn detector(&self) -> &'static str {
        FACES
    }

    fn matting(&self, model: Option<SegmentModel>) -> &'static str {
        self.wanted(model).or_else(|| *lock(&self.chosen)).map_or("matting", MattingKind::name)
    }

    fn matte(&self, view: View<'_>, model: Option<SegmentModel>) -> Result<MatteOf, VisionError> {
        let _turn = self.turn()?;
        match (self.desk(), view) {
            (Desk::Here(networks), View::Samples(picture)) => {
                networks.matting(self.wanted(model))?.matte(picture).map(MatteOf::Samples).map_err(failed)
            }
            (Desk::Away(away), View::Image { texture, size }) => away.matte(texture.clone(), size, self.wanted(model)),
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
    /// How working images reach networks on the GPU, and whose they are.
    bridge: Option<(Bridge, Gpu)>,
    detector: Slot<RetinaFace>,
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
    fn new(options: &ModelsOptions, prefer: Prefer, device: Device, bridge: Option<(Bridge, Gpu)>) -> Self {
        Self {
            store: options.store.clone(),
            wanted: options.matting,
            prefer,
            device,
            bridge,
            detector: Slot::default(),
            matting: Default::default(),
        }
    }

    /// On the engine's device.
    fn on(options: &ModelsOptions, gpu: &Gpu, space: Space) -> Result<Self, VisionError> {
        let device = Device::of_engine(gpu).map_err(failed)?;
        let light = if space == Space::Linear { Light::Linear } else { Light::Encoded };
        let bridge = Bridge::new(gpu.device(), gpu.queue(), Texel::F16, light);
        let prefer = if gpu.caps().is_software { Prefer::Quickest } else { Prefer::Best };
        Ok(Self::new(options, prefer, device, Some((bridge, gpu.clone()))))
    }

    /// Loads what is installed and lets each network look at an empty picture. The names of the models that are there.
    fn warm_up(&self) -> Result<Vec<&'static str>, VisionError> {
        let gray = |size: Size| {
            Planes::new(size, Layout::RGB8, vec![127; size.area() as usize * 3]).expect("three bytes a pixel")
        };
        let mut names = Vec::new();
        if let Some(network) = if_installed(self.detector())? {
            let size = Size::new(320, 320);
            match &self.bridge {
                Some((_, gpu)) => self.faces(&[gpu.lend(size, Texel::F16).clone()], size).map(drop)?,
                None => network.detect(&gray(size)).map(drop).map_err(failed)?,
            }
            names.push(FACES);
        }
        if let Some(network) = if_installed(self.matting(self.wanted))? {
            let size = network.input_size();
            match &self.bridge {
                Some((_, gpu)) => self.mattes(&[gpu.lend(size, Texel::F16).clone()], size, self.wanted).map(drop)?,
                None => network.matte(&gray(size)).map(drop).map_err(failed)?,
            }
            names.push(network.kind().name());
        }
        Ok(names)
    }

    fn detector(&self) -> Result<Arc<RetinaFace>, VisionError> {
        self.detector.get_or_load(|| RetinaFace::load(&self.path(FACES, GRAVITY)?, &self.device).map_err(failed))
    }

    /// The network that makes mattes: the one that is wanted, or of those installed the preferred one.
    fn matting(&self, wanted: Option<MattingKind>) -> Result<Arc<Matting>, VisionError> {
        if let Some(kind) = wanted {
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

impl Answers for Networks {
    fn most_faces(&self) -> usize {
        FACES_BATCH
    }

    fn most_mattes(&self, by: Option<MattingKind>) -> usize {
        self.matting(by).map_or(1, |network| network.kind().batch())
    }

    fn faces(&self, textures: &[wgpu::Texture], size: Size) -> Result<Vec<Vec<Face>>, VisionError> {
        let (bridge, _) = self.bridge.as_ref().ok_or_else(misplaced)?;
        self.detector()?.detect_images(bridge, &views(textures), size).map_err(failed)
    }

    fn mattes(
        &self,
        textures: &[wgpu::Texture],
        size: Size,
        by: Option<MattingKind>,
    ) -> Result<Vec<MatteOf>, VisionError> {
        let (bridge, gpu) = self.bridge.as_ref().ok_or_else(misplaced)?;
        let network = self.matting(by)?;
        if size != network.input_size() {
            return Err(failed(MlError::Size { found: size, needed: network.input_size() }));
        }
        let mattes: Vec<_> = textures.iter().map(|_| gpu.lend(size, Texel::F16)).collect();
        let views_of_mattes: Vec<_> = mattes.iter().map(|matte| view(matte)).collect();
        network.matte_images(bridge, &views(textures), &views_of_mattes).map_err(failed)?;
        Ok(mattes.into_iter().map(|texture| MatteOf::Image { texture, size }).collect())
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

fn views(textures: &[wgpu::Texture]) -> Vec<wgpu::TextureView> {
    textures.iter().map(view).collect()
}

fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
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

    /// Sixteen at once for a real network that two may use while five wait: all are answered alike or told to come again.
    #[test]
    fn sixteen_at_once_share_a_network() {
        if let Err(missing) = tintype_weights::installed(FACES) {
            assert!(std::env::var("ALLOW_NO_MODELS").as_deref() == Ok("1"), "{missing}");
            return;
        }
        let store = Store::of_user().expect("a folder");
        let models = Models::new(ModelsOptions { at_once: 2, waiting: 5, ..ModelsOptions::new(store) });
        let size = Size::new(320, 320);
        let samples = (0..size.area() * 3).map(|at| (at * 31 % 251) as u8).collect();
        let picture = Planes::new(size, Layout::RGB8, samples).expect("three bytes a pixel");
        let alone = models.faces(View::Samples(&picture)).expect("faces or none");
        let start = std::sync::Barrier::new(16);
        let answers: Vec<_> = thread::scope(|scope| {
            let ask = || {
                start.wait();
                models.faces(View::Samples(&picture))
            };
            let asked: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
            // The network takes a hundred times as long as a look at the line.
            while asked.iter().any(|thread| !thread.is_finished()) {
                let line = lock(&models.asked().1.state);
                assert!(line.free <= 2 && line.waiting <= 5, "{line:?}");
                drop(line);
                thread::sleep(Duration::from_millis(1));
            }
            asked.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let is_refused = |answer: &Result<_, _>| matches!(answer, Err(VisionError::Busy));
        let refused = answers.iter().filter(|answer| is_refused(answer)).count();
        assert!(refused <= 9, "two look and five wait: {refused}");
        for answer in answers.into_iter().filter(|answer| !is_refused(answer)) {
            assert_eq!(answer.expect("an answer"), alone);
        }
        assert_eq!(lock(&models.asked().1.state).free, 2, "all turns are given back");
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
