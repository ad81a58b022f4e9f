//! Values that are one word out of a few.

/// Declares such a type: its words are the only place where they are spelled.
macro_rules! keywords {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Their words, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The word for this value.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value of a word, if it is one.
            pub(crate) fn named(word: &str) -> Option<Self> {
                match word {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

pub(crate) use keywords;

use crate::error::Problem;

/// What is said when a word is none of `names`.
pub(crate) fn none_of(names: &[&str]) -> Problem {
    match names {
        [only] => Problem::refused(format!("\"{only}\"")),
        [several @ .., last] => Problem::refused(format!("{} or {last}", several.join(", "))),
        [] => Problem::refused("accepted"),
    }
}
