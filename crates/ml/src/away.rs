//! Networks on the GPU: asked on one thread, because burn keeps an encoder for each, and what one thread recorded no other
//! flushes.
//!
//! While a network looks, questions come in. Those that wait for the same network with pictures of one size are answered
//! together: one pass through the network with several pictures keeps a GPU busier than several passes. Nobody waits for
//! more to come.

use std::{
    panic::{self, AssertUnwindSafe},
    slice,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use tintype_engine::{Gpu, VisionError, vision::MatteOf};
use tintype_pixels::{Face, Size};

use crate::MattingKind;

/// What is asked on the thread of the networks.
pub(crate) trait Answers: Send + 'static {
    /// How many pictures [`Self::faces`] looks at together.
    fn most_faces(&self) -> usize;

    /// How many pictures [`Self::mattes`] looks at together.
    fn most_mattes(&self, by: Option<MattingKind>) -> usize;

    /// The faces in the first `size` of each texture.
    fn faces(&self, textures: &[wgpu::Texture], size: Size) -> Result<Vec<Vec<Face>>, VisionError>;

    /// The matte of the first `size` of each texture, `by` a network or by one of its own choice.
    fn mattes(
        &self,
        textures: &[wgpu::Texture],
        size: Size,
        by: Option<MattingKind>,
    ) -> Result<Vec<MatteOf>, VisionError>;
}

/// The thread, as those see it who ask.
#[derive(Debug)]
pub(crate) struct Away<N> {
    questions: Mutex<mpsc::Sender<Question<N>>>,
    panics: Arc<AtomicU32>,
    /// The device, where the networks are on one: nobody waits for what is on a device that is lost.
    gpu: Option<Gpu>,
}

/// How often who waits for an answer looks whether the device is still there.
const LOOK: Duration = Duration::from_millis(250);

enum Question<N> {
    Faces(Look<Vec<Face>>),
    Matte(Look<MatteOf>, Option<MattingKind>),
    Other(Box<dyn FnOnce(&N) + Send>),
}

/// A picture, and where the answer goes.
struct Look<T> {
    texture: wgpu::Texture,
    size: Size,
    answer: mpsc::Sender<Result<T, VisionError>>,
}

impl<N: Answers> Away<N> {
    pub(crate) fn start(networks: N, gpu: Option<Gpu>) -> Result<Self, VisionError> {
        let (questions, asked) = mpsc::channel();
        let panics = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&panics);
        thread::Builder::new()
            .name("tintype-ml".to_owned())
            .spawn(move || answer_all(&networks, &asked, &counted))
            .map_err(|error| VisionError::Failed(error.into()))?;
        Ok(Self { questions: Mutex::new(questions), panics, gpu })
    }

    /// Whether two questions in a row have ended in a panic: what the networks run on is beyond repair then, and not the picture is to
    /// blame.
    pub(crate) fn is_broken(&self) -> bool {
        self.panics.load(Ordering::Relaxed) > 1
    }

    /// The faces in the first `size` of `texture`. Waits for the answer, as all of these do.
    pub(crate) fn faces(&self, texture: wgpu::Texture, size: Size) -> Result<Vec<Face>, VisionError> {
        self.wait(|answer| Question::Faces(Look { texture, size, answer }))
    }

    /// The matte of the first `size` of `texture`, `by` a network or by any.
    pub(crate) fn matte(
        &self,
        texture: wgpu::Texture,
        size: Size,
        by: Option<MattingKind>,
    ) -> Result<MatteOf, VisionError> {
        self.wait(|answer| Question::Matte(Look { texture, size, answer }, by))
    }

    /// Anything else.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&N) -> Result<T, VisionError> + Send + 'static,
    ) -> Result<T, VisionError> {
        self.wait(|answer| Question::Other(Box::new(move |networks| drop(answer.send(question(networks))))))
    }

    fn wait<T>(
        &self,
        question: impl FnOnce(mpsc::Sender<Result<T, VisionError>>) -> Question<N>,
    ) -> Result<T, VisionError> {
        let (answer, answered) = mpsc::channel();
        let gone = || VisionError::Failed("a network panicked".into());
        let questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        questions.send(question(answer)).map_err(|_unsent| gone())?;
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(gone()),
                // The thread of the networks may wait for such a device for ever.
                Err(mpsc::RecvTimeoutError::Timeout) if self.gpu.as_ref().is_some_and(Gpu::is_lost) => {
                    return Err(VisionError::Failed("the device of the networks was lost".into()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Until nobody is left who could ask. `panics` are those in a row.
fn answer_all<N: Answers>(networks: &N, asked: &mpsc::Receiver<Question<N>>, panics: &AtomicU32) {
    let count = |answered: Option<()>| match answered {
        Some(()) => panics.store(0, Ordering::Relaxed),
        None => drop(panics.fetch_add(1, Ordering::Relaxed)),
    };
    let mut next = None;
    while let Some(question) = next.take().or_else(|| asked.recv().ok()) {
        next = match question {
            Question::Faces(first) => {
                let size = first.size;
                let (looks, rest) = together(first, networks.most_faces(), asked, |question| match question {
                    Question::Faces(look) if look.size == size => Ok(look),
                    other => Err(other),
                });
                count(caught(|| answer(looks, |textures, size| networks.faces(textures, size))));
                rest
            }
            Question::Matte(first, by) => {
                let most = caught(|| networks.most_mattes(by)).unwrap_or(1);
                let size = first.size;
                let (looks, rest) = together(first, most, asked, |question| match question {
                    Question::Matte(look, other) if look.size == size && other == by => Ok(look),
                    other => Err(other),
                });
                count(caught(|| answer(looks, |textures, size| networks.mattes(textures, size, by))));
                rest
            }
            Question::Other(question) => {
                count(caught(|| question(networks)));
                None
            }
        };
    }
}

/// What `work` gives, unless it panics: whoever asked finds out by the answer that never comes, and what was taken to be answered next
/// still is.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// A question that belongs to those before it, or any other.
type Sorted<T, N> = Result<Look<T>, Question<N>>;

/// `first` and those behind it that `sort` finds to belong to it, `most` in all, of what waits now; and the question that came after
/// them, if one had to be taken to know that it does not.
fn together<T, N>(
    first: Look<T>,
    most: usize,
    asked: &mpsc::Receiver<Question<N>>,
    sort: impl Fn(Question<N>) -> Sorted<T, N>,
) -> (Vec<Look<T>>, Option<Question<N>>) {
    let mut looks = vec![first];
    while looks.len() < most {
        match asked.try_recv().map(&sort) {
            Ok(Ok(look)) => looks.push(look),
            Ok(Err(other)) => return (looks, Some(other)),
            Err(_none_waits) => break,
        }
    }
    (looks, None)
}

/// Answers all of them with one call. When that fails, each is asked alone, so that what is wrong with one is said to that one.
fn answer<T>(looks: Vec<Look<T>>, ask: impl Fn(&[wgpu::Texture], Size) -> Result<Vec<T>, VisionError>) {
    let Some(size) = looks.first().map(|look| look.size) else { return };
    let textures: Vec<_> = looks.iter().map(|look| look.texture.clone()).collect();
    // Nobody may be left who waits; that is no error.
    let tell = |look: &Look<T>, found| drop(look.answer.send(found));
    match (ask(&textures, size), &looks[..]) {
        (Ok(answers), _) => looks.iter().zip(answers).for_each(|(look, found)| tell(look, Ok(found))),
        (Err(error), [look]) => tell(look, Err(error)),
        (Err(_), _) => {
            for look in &looks {
                let alone = ask(slice::from_ref(&look.texture), size)
                    .and_then(|mut answers| answers.pop().ok_or_else(unanswered));
                tell(look, alone);
            }
        }
    }
}

fn unanswered() -> VisionError {
    VisionError::Failed("a network gave no answer".into())
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        time::Duration,
    };

    use tintype_engine::{Gpu, Texel, gpu::GpuOptions};
    use tintype_testkit::gpu;

    use super::*;

    /// Writes down what it is asked; a face is as wide as its picture.
    struct Scribe {
        gpu: Gpu,
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl Scribe {
        fn write(&self, what: &str, textures: &[wgpu::Texture], size: Size) {
            self.asked.lock().expect("no panic").push(format!("{} {what} {size}", textures.len()));
        }
    }

    impl Answers for Scribe {
        fn most_faces(&self) -> usize {
            3
        }

        fn most_mattes(&self, by: Option<MattingKind>) -> usize {
            by.map_or(4, MattingKind::batch)
        }

        fn faces(&self, textures: &[wgpu::Texture], size: Size) -> Result<Vec<Vec<Face>>, VisionError> {
            self.write("faces", textures, size);
            if size.width == 13 && textures.len() > 1 {
                return Err(VisionError::Busy);
            }
            assert!(size.width != 14, "a network that panics");
            let face =
                Face { x: 0.0, y: 0.0, width: size.width as f32, height: 1.0, score: 1.0, landmarks: [[0.0; 2]; 5] };
            Ok(vec![vec![face]; textures.len()])
        }

        fn mattes(
            &self,
            textures: &[wgpu::Texture],
            size: Size,
            by: Option<MattingKind>,
        ) -> Result<Vec<MatteOf>, VisionError> {
            self.write(&by.map_or("mattes".to_owned(), |kind| format!("mattes by {}", kind.name())), textures, size);
            Ok(textures.iter().map(|_| MatteOf::Image { texture: self.gpu.lend(size, Texel::F16), size }).collect())
        }
    }

    /// What is asked of a picture this many pixels wide.
    #[derive(Clone, Copy, Debug)]
    enum Ask {
        Faces(u32),
        Matte(u32, Option<MattingKind>),
    }

    /// What is written down when all of these are asked while the thread is busy, and how many are answered.
    fn asked(asks: &[Ask]) -> Option<(Vec<String>, usize)> {
        let gpu = gpu()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let away = Away::start(Scribe { gpu: gpu.clone(), asked: Arc::clone(&asked) }, None).expect("a thread");
        let texture = gpu.lend(Size::new(1, 1), Texel::F16).clone();
        let busy = Barrier::new(2);
        let answered = thread::scope(|scope| {
            let (go, wait) = mpsc::channel::<()>();
            let (away, busy, texture) = (&away, Arc::new(busy), &texture);
            let is_busy = Arc::clone(&busy);
            scope.spawn(move || {
                away.ask(move |_| {
                    is_busy.wait();
                    wait.recv().map_err(|_gone| VisionError::Busy)
                })
            });
            busy.wait();
            let waiting: Vec<_> = asks
                .iter()
                .map(|ask| {
                    let asking = scope.spawn(move || match *ask {
                        Ask::Faces(width) => {
                            let faces = away.faces(texture.clone(), Size::new(width, 1))?;
                            Ok::<_, VisionError>(faces[0].width == width as f32)
                        }
                        Ask::Matte(width, by) => {
                            let size = Size::new(width, 1);
                            let matte = away.matte(texture.clone(), size, by)?;
                            Ok(matches!(matte, MatteOf::Image { size: found, .. } if found == size))
                        }
                    });
                    // In this order, and all before the thread is free.
                    thread::sleep(Duration::from_millis(20));
                    asking
                })
                .collect();
            go.send(()).expect("the thread waits");
            let right = |asking: thread::ScopedJoinHandle<'_, _>| matches!(asking.join(), Ok(Ok(true)));
            waiting.into_iter().filter_map(|asking| right(asking).then_some(())).count()
        });
        let asked = asked.lock().expect("no panic").clone();
        Some((asked, answered))
    }

    #[test]
    fn what_waits_and_is_alike_is_asked_together() {
        use Ask::{Faces, Matte};
        let (small, large) = (Some(MattingKind::U2Netp), Some(MattingKind::BiRefNet));
        let table: [(&[Ask], &[&str]); 7] = [
            (&[Faces(8)], &["1 faces 8x1"]),
            (&[Faces(8), Faces(8)], &["2 faces 8x1"]),
            (&[Faces(8), Faces(8), Faces(8), Faces(8), Faces(9)], &["3 faces 8x1", "1 faces 8x1", "1 faces 9x1"]),
            (&[Faces(8), Matte(8, None), Matte(8, None), Faces(8)], &["1 faces 8x1", "2 mattes 8x1", "1 faces 8x1"]),
            (&[Matte(8, small), Matte(8, None), Matte(8, None)], &["1 mattes by u2netp 8x1", "2 mattes 8x1"]),
            (&[Matte(8, large), Matte(8, large)], &["1 mattes by birefnet 8x1", "1 mattes by birefnet 8x1"]),
            // Together they fail, alone they do not.
            (&[Faces(13), Faces(13)], &["2 faces 13x1", "1 faces 13x1", "1 faces 13x1"]),
        ];
        for (asks, expected) in table {
            let Some((asked, answered)) = asked(asks) else { return };
            assert_eq!(asked, expected, "{asks:?}");
            assert_eq!(answered, asks.len(), "{asks:?}");
        }
    }

    #[test]
    fn after_a_panic_others_are_answered() {
        let Some((asked, answered)) = asked(&[Ask::Faces(14), Ask::Faces(8)]) else { return };
        assert_eq!((asked, answered), (vec!["1 faces 14x1".to_owned(), "1 faces 8x1".to_owned()], 1));
    }

    #[test]
    fn panics_in_a_row_are_not_the_pictures_fault() {
        let Some(gpu) = gpu() else { return };
        let away = Away::start(Scribe { gpu: gpu.clone(), asked: Arc::default() }, None).expect("a thread");
        let texture = gpu.lend(Size::new(1, 1), Texel::F16).clone();
        let broken = [8, 14, 8, 14, 14, 8].map(|width| {
            drop(away.faces(texture.clone(), Size::new(width, 1)));
            // Answered before it is counted.
            drop(away.ask(|_| Err::<(), _>(VisionError::Busy)));
            away.is_broken()
        });
        assert_eq!(broken, [false; 6], "a question that is answered in between");
        for _ in 0..2 {
            drop(away.faces(texture.clone(), Size::new(14, 1)));
        }
        thread::sleep(Duration::from_millis(50));
        assert!(away.is_broken());
    }

    #[test]
    fn nobody_waits_for_a_device_that_is_lost() {
        let Some(shared) = gpu() else { return };
        let own = Gpu::new(&GpuOptions::default()).expect("there is an adapter");
        let scribe = Scribe { gpu: shared.clone(), asked: Arc::default() };
        let away = Away::start(scribe, Some(own.clone())).expect("a thread");
        let (go, wait) = mpsc::channel::<()>();
        thread::scope(|scope| {
            // As a network that waits for its device.
            let asking = scope.spawn(|| away.ask(move |_| Ok(wait.recv().is_ok())));
            thread::sleep(LOOK + Duration::from_millis(50));
            assert!(!asking.is_finished());
            own.destroy();
            assert!(matches!(asking.join().expect("no panic"), Err(VisionError::Failed(_))));
            drop(go);
        });
    }
}
