//! The engine's questions, answered by the models that are installed.
//!
//! [`Models`] loads a network when it is first needed, or at [`Vision::prepare`], and keeps it. A model that is installed
//! later is found at the next question; one that is kept stays until the program ends. Pictures wait in line for the
//! networks, because a network uses all the processors there are: so many are looked at at once, so many may wait, and
//! more are refused.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use tintype_engine::{Vision, VisionError};
use tintype_pixels::{Channels, Depth, Face, Layout, Planes, Size};
use tintype_weights::{Model, NotInstalled, Store};

use crate::{Device, Matting, MattingKind, MlError, RetinaFace};

/// What models are kept, where they run, and how many pictures they look at.
#[derive(Clone, Debug)]
pub struct ModelsOptions {
    /// Where installed models are.
    pub store: Store,
    /// What the networks run on.
    pub device: Device,
    /// Which network makes mattes; without it the best that is installed.
    pub matting: Option<MattingKind>,
    /// Pictures that are looked at at once, at least 1. More need more memory; on a processor they gain little, because one
    /// picture keeps all cores busy.
    pub at_once: usize,
    /// Pictures that may wait for their turn; more are refused.
    pub waiting: usize,
}

impl ModelsOptions {
    /// The models in `store`, on the processor: one picture at once, 64 waiting.
    pub fn on_cpu(store: Store) -> Self {
        Self { store, device: Device::cpu(), matting: None, at_once: 1, waiting: 64 }
    }
}

/// Finds faces and foregrounds with what is installed.
#[derive(Debug)]
pub struct Models {
    options: ModelsOptions,
    faces: Slot<RetinaFace>,
    matting: Slot<Matting>,
    turns: Turns,
}

impl Models {
    /// Loads nothing yet.
    pub fn new(options: ModelsOptions) -> Self {
        let turns = Turns::new(options.at_once, options.waiting);
        Self { options, faces: Slot::default(), matting: Slot::default(), turns }
    }

    /// Loads what is installed and lets each network look at an empty picture. The names of the models that are there.
    fn warm_up(&self) -> Result<Vec<&'static str>, VisionError> {
        let mut names = Vec::new();
        let gray = |size: Size| {
            let samples = vec![127; size.area() as usize * 3];
            Planes::new(size, Layout::RGB8, samples).expect("three bytes a pixel")
        };
        match self.faces(&gray(Size::new(320, 320))) {
            Ok(_) => names.push(FACES),
            Err(VisionError::NotInstalled { .. }) => {}
            Err(error) => return Err(error),
        }
        match self.network() {
            Ok(network) => {
                self.matte(&gray(network.input_size()))?;
                names.push(network.kind().name());
            }
            Err(VisionError::NotInstalled { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(names)
    }

    /// The network that makes mattes, and whether it is there.
    fn network(&self) -> Result<Arc<Matting>, VisionError> {
        self.matting.get_or_load(|| {
            let kinds = match self.options.matting {
                Some(kind) => vec![kind],
                None => MattingKind::ALL.into_iter().rev().collect(),
            };
            let mut missing = None;
            for kind in kinds {
                match self.path(kind.name(), SEGMENT) {
                    Ok(path) => return Matting::load(kind, &path, &self.options.device).map_err(failed),
                    // The last is the smallest, and anyone can fetch it.
                    Err(error @ VisionError::NotInstalled { .. }) => missing = Some(error),
                    Err(error) => return Err(error),
                }
            }
            Err(missing.expect("there is always a kind to be asked for"))
        })
    }

    /// Where the weights of a model are.
    fn path(&self, name: &str, wanted: &'static str) -> Result<PathBuf, VisionError> {
        let found = Model::find(name).and_then(|model| self.options.store.installed(model));
        found.map(|installed| installed.path).map_err(|error| match error {
            NotInstalled::Missing { command, .. } | NotInstalled::Outdated { command, .. } => {
                VisionError::NotInstalled { wanted, remedy: command }
            }
            // Says where files are, which is nobody's business but the operator's.
            error => VisionError::Failed(error.into()),
        })
    }
}

const FACES: &str = "retinaface";
const GRAVITY: &str = "gravity=face";
const SEGMENT: &str = "segment=foreground";

impl Vision for Models {
    fn prepare(&self) -> Result<String, VisionError> {
        let names = self.warm_up()?;
        Ok(if names.is_empty() {
            "none installed".to_owned()
        } else {
            format!("{} on the processor", names.join(", "))
        })
    }

    fn faces(&self, view: &Planes) -> Result<Vec<Face>, VisionError> {
        let network = self.faces.get_or_load(|| {
            let path = self.path(FACES, GRAVITY)?;
            RetinaFace::load(&path, &self.options.device).map_err(failed)
        })?;
        let _turn = self.turns.take()?;
        network.detect(view).map_err(failed)
    }

    fn matte_view(&self, _: Size) -> Result<Size, VisionError> {
        Ok(self.network()?.input_size())
    }

    fn matte(&self, view: &Planes) -> Result<Planes, VisionError> {
        let network = self.network()?;
        let _turn = self.turns.take()?;
        let matte = network.matte(view).map_err(failed)?;
        debug_assert_eq!(matte.layout(), Layout::new(Channels::Gray, Depth::F32));
        Ok(matte)
    }
}

fn failed(error: MlError) -> VisionError {
    VisionError::Failed(error.into())
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
        let models = Models::new(ModelsOptions::on_cpu(Store::at(folder.path())));
        let view = Planes::new(Size::new(1, 1), Layout::RGB8, vec![0; 3]).expect("a pixel");
        let faces = models.faces(&view).expect_err("nothing is installed").to_string();
        assert_eq!(faces, "gravity=face needs a model that is not installed: tintype models pull retinaface");
        let matte = models.matte_view(Size::new(1, 1)).expect_err("nothing is installed").to_string();
        assert_eq!(matte, "segment=foreground needs a model that is not installed: tintype models pull u2netp");
        assert_eq!(models.prepare().expect("nothing is no error"), "none installed");
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
