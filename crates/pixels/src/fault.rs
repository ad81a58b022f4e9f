//! Whose problem an error is.

/// Whose problem an error is. Every error type of the workspace answers with one, by a match without a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request asks for something that does not exist or contradicts itself.
    Request,
    /// The source picture is damaged.
    Source,
    /// The source is well formed but of a kind that is not read, or the answer of a kind that is not written.
    Unsupported,
    /// A limit on bytes, pixels, frames or memory would be passed.
    TooLarge,
    /// A source could not be fetched.
    Unreachable,
    /// Asked again later, it may work.
    Busy,
    /// Ours.
    Internal,
}
