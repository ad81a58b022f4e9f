//! What a page about an option says beyond its lines of help: accepted values, company, who takes it, and its pictures.
//!
//! All of it is data and stands in the option's definition. What can be worked out (spellings, what becomes of bad
//! values) is in [`crate::reference`].

/// The page's part of [`super::OptionDef`].
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What is accepted, with its range; continues "Takes ".
    pub values: &'static str,
    /// Values that are not taken as they are, to show what becomes of them.
    pub bad: &'static [&'static str],
    /// Other options by name, and what comes of both together.
    pub with: &'static [(&'static str, &'static str)],
    /// Where Cloudflare's documentation or types have it.
    pub cloudflare: Faces,
    /// Where it has an effect here.
    pub here: Faces,
    /// The call of the Images binding that takes it.
    pub call: Call,
    /// The model it may need.
    pub model: Option<Model>,
    /// Its pictures.
    pub demo: Demo,
}

impl Page {
    /// A page of an option that is taken everywhere, in `.transform()`, and needs no model.
    pub(crate) const fn new(values: &'static str, bad: &'static [&'static str], demo: Demo) -> Self {
        let (cloudflare, here) = (Faces::ALL, Faces::ALL);
        Self { values, bad, with: &[], cloudflare, here, call: Call::Transform, model: None, demo }
    }

    pub(crate) const fn with(self, with: &'static [(&'static str, &'static str)]) -> Self {
        Self { with, ..self }
    }

    pub(crate) const fn cloudflare(self, cloudflare: Faces) -> Self {
        Self { cloudflare, ..self }
    }

    pub(crate) const fn here(self, here: Faces) -> Self {
        Self { here, ..self }
    }

    pub(crate) const fn call(self, call: Call) -> Self {
        Self { call, ..self }
    }

    pub(crate) const fn model(self, model: Model) -> Self {
        Self { model: Some(model), ..self }
    }
}

/// Ways to ask, and whether an option has an effect there. The query form is the URL's, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faces {
    /// `/cdn-cgi/image/…` and `/image?…`.
    pub url: bool,
    /// `cf.image` of a Worker's `fetch`.
    pub worker: bool,
    /// The Images binding.
    pub binding: bool,
    /// `tintype transform`.
    pub command: bool,
}

impl Faces {
    /// Everywhere.
    pub const ALL: Self = Self { url: true, worker: true, binding: true, command: true };
    /// Where a client stands behind the request.
    pub(crate) const HTTP: Self = Self { binding: false, command: false, ..Self::ALL };
    pub(crate) const URL: Self = Self { worker: false, ..Self::HTTP };
    pub(crate) const WORKER: Self = Self { url: false, ..Self::HTTP };
    pub(crate) const NONE: Self = Self { url: false, worker: false, binding: false, command: false };
    pub(crate) const NO_URL: Self = Self { url: false, ..Self::ALL };
    pub(crate) const NO_BINDING: Self = Self { binding: false, ..Self::ALL };
}

/// The call of the Images binding that takes an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `.transform({ … })`
    Transform,
    /// `.output({ … })`
    Output,
    /// `.draw(image, { … })`
    Draw,
}

/// A model that an option, or some of its values, need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The option and value that need it.
    pub when: &'static str,
    /// What kind it is; a noun with its article.
    pub what: &'static str,
    /// What happens where there is none; a sentence.
    pub without: &'static str,
}

/// The pictures of a page: one sample, with two sets of options.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// The sample's file name.
    pub picture: &'static str,
    /// Options of the picture before.
    pub before: &'static str,
    /// Options of the picture after.
    pub after: &'static str,
    /// Headers of both requests, where the option goes by the client.
    pub client: &'static [(&'static str, &'static str)],
    /// Where the difference is.
    pub look: Look,
    /// Why both may be alike; `None` where they never are.
    pub alike: Option<&'static str>,
}

/// Where to look for a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The pixels.
    Pixels,
    /// The file: its size or format.
    File,
    /// The answer: status, headers, text.
    Answer,
}

impl Demo {
    pub(crate) const fn pixels(picture: &'static str, before: &'static str, after: &'static str) -> Self {
        Self { picture, before, after, client: &[], look: Look::Pixels, alike: None }
    }

    pub(crate) const fn file(picture: &'static str, before: &'static str, after: &'static str) -> Self {
        Self { look: Look::File, ..Self::pixels(picture, before, after) }
    }

    pub(crate) const fn answer(picture: &'static str, before: &'static str, after: &'static str) -> Self {
        Self { look: Look::Answer, ..Self::pixels(picture, before, after) }
    }

    pub(crate) const fn asked_with(self, client: &'static [(&'static str, &'static str)]) -> Self {
        Self { client, ..self }
    }

    pub(crate) const fn alike(self, why: &'static str) -> Self {
        Self { alike: Some(why), ..self }
    }
}

/// What an iPhone says about itself, shortened.
pub(crate) const PHONE: &[(&str, &str)] = &[("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)")];
/// What a browser on a desktop says about itself, shortened.
pub(crate) const DESKTOP: &[(&str, &str)] = &[("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0")];
