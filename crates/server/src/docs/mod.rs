//! The reference: a page per option, with a picture before and after, and two about the whole.
//!
//! What pages say stands in the registry of options ([`tintype_options::registry`], [`tintype_options::reference`]); nothing
//! here knows an option by name. `samples` are the pictures that pages are about, `gallery` makes of them what options
//! say, and the others lay out HTML. `routes::docs` answers.

mod gallery;
mod layout;
mod lists;
mod option;
mod samples;

pub(crate) use gallery::{Gallery, Shot, Side};
pub(crate) use layout::missing;
pub(crate) use lists::{choices, extensions, index};
pub(crate) use option::{Live, option};
pub(crate) use samples::{SAMPLES, Sample};

/// The reference's own style and script.
pub(crate) const CSS: &str = include_str!("../pages/docs.css");
/// See [`CSS`].
pub(crate) const SCRIPT: &str = include_str!("../pages/docs.js");
