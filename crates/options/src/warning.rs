//! What was odd about a request that was honored all the same.

use std::fmt;

use crate::Fit;

/// Something that was ignored or changed while the picture was still made.
///
/// `Display` is the text of a `Warning: cf-images 299 "…"` header: visible ASCII without quotes and backslashes,
/// whatever the caller sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// No option has this name.
    UnknownOption {
        /// What was written.
        name: String,
    },
    /// An option stands more than once, perhaps once by its alias.
    Repeated {
        /// Its full name.
        option: &'static str,
    },
    /// A value that is not the number it should be.
    Ignored {
        /// The option's full name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What would have been taken, to follow "is not".
        accepted: String,
    },
    /// A number outside the range, moved to its end.
    Clamped {
        /// The option's full name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is used instead.
        used: String,
    },
    /// An option of layers that means nothing for this kind of layer.
    WithoutEffect {
        /// Its name.
        option: &'static str,
        /// The kind.
        on: &'static str,
    },
    /// An option that means nothing without another one.
    Idle {
        /// Its full name.
        option: &'static str,
        /// The other one, with its value.
        needs: &'static str,
    },
    /// `dpr` above 3, taken as 3.
    DprTooLarge,
    /// A fit mode that fills a box, with only one side of the box.
    NeedsBothSides {
        /// The mode.
        fit: Fit,
    },
    /// AVIF was asked for, and the picture has too many pixels a side for it.
    TooLargeForAvif,
    /// WebP was asked for or accepted, and the picture has too many pixels a side for it.
    TooLargeForWebp,
    /// All frames together have too many pixels: the animation is passed on as it is.
    AnimationTooLarge,
    /// A gain map that was to be kept and is not in the result.
    GainMapDropped {
        /// Why.
        why: &'static str,
    },
    /// An option that only a Worker may give, in a URL, which anyone may write.
    OnlyForWorkers {
        /// Its name.
        option: &'static str,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOption { name } => write!(f, "unknown option {}", Quoted(name)),
            Self::Repeated { option } => write!(f, "{option} is given more than once, the last one counts"),
            Self::Ignored { option, value, accepted } => {
                write!(f, "{option} ignored, {} is not {}", Quoted(value), accepted.replace('"', "'"))
            }
            Self::Clamped { option, value, used } => write!(f, "{option} {} taken as {used}", Quoted(value)),
            Self::WithoutEffect { option, on } => write!(f, "{option} has no effect on {on}"),
            Self::Idle { option, needs } => write!(f, "{option} has no effect without {needs}"),
            Self::DprTooLarge => f.write_str("dpr > 3 should never be used"),
            Self::NeedsBothSides { fit } => write!(f, "{fit} fit mode needs both width and height"),
            Self::TooLargeForAvif => f.write_str("image too large for AVIF"),
            Self::TooLargeForWebp => f.write_str("image too large for WebP"),
            Self::AnimationTooLarge => f.write_str("animation too large, passed on as it is"),
            Self::GainMapDropped { why } => write!(f, "gain map dropped, {why}"),
            Self::OnlyForWorkers { option } => write!(f, "{option} ignored, only cf.image of a Worker can ask for it"),
        }
    }
}

/// A caller's text, made safe for a header's quoted string and short enough to read.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        f.write_str("'")?;
        for c in self.0.chars().take(LONGEST) {
            let safe = matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '\'');
            write!(f, "{}", if safe { c } else { '?' })?;
        }
        f.write_str(if self.0.chars().nth(LONGEST).is_some() { "...'" } else { "'" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_texts() {
        assert_eq!(
            Warning::NeedsBothSides { fit: Fit::Cover }.to_string(),
            "cover fit mode needs both width and height"
        );
        assert_eq!(Warning::DprTooLarge.to_string(), "dpr > 3 should never be used");
        assert_eq!(Warning::TooLargeForAvif.to_string(), "image too large for AVIF");
    }

    #[test]
    fn what_a_caller_sent_cannot_leave_the_header() {
        let text = Warning::UnknownOption { name: "a\"\r\nSet-Cookie: é\\".into() }.to_string();
        assert_eq!(text, "unknown option 'a???Set-Cookie: ??'");
        let text = Warning::UnknownOption { name: "n".repeat(1000) }.to_string();
        assert!(text.len() < 80, "{text}");
    }
}
