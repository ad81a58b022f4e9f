//! Options with a handful of words and nothing else to them.

use super::keyword::{keywords, none_of};
use crate::error::Problem;

keywords! {
    /// Whether to choose the encoder by speed.
    pub enum Compression {
        /// The quickest encoder, whatever `format` says; larger files.
        Fast = "fast",
    }
}

keywords! {
    /// Which metadata a JPEG keeps. Orientation and color profile are applied to the pixels in every case.
    #[derive(Default)]
    pub enum Metadata {
        /// Most EXIF fields, GPS position included.
        Keep = "keep",
        /// Only the copyright notice.
        #[default]
        Copyright = "copyright",
        /// None.
        None = "none",
    }
}

keywords! {
    /// Which colors a result can have.
    #[derive(Default)]
    pub enum Color {
        /// Those of sRGB, which every program shows.
        #[default]
        Srgb = "srgb",
        /// Those of the source: its primaries, with a profile that says so.
        Keep = "keep",
    }
}

keywords! {
    /// What becomes of a gain map, which says how much brighter each part of a picture is to be on a screen that can show it.
    #[derive(Default)]
    pub enum Hdr {
        /// It is left out.
        #[default]
        Drop = "drop",
        /// It follows the picture where it can.
        Keep = "keep",
    }
}

keywords! {
    /// What to answer when the picture cannot be made.
    pub enum OnError {
        /// A redirect to the source, where it is on the same zone.
        Redirect = "redirect",
    }
}

keywords! {
    /// Whether the source is asked for with the client's credentials.
    pub enum OriginAuth {
        /// Pass them on, although the result is cached for everyone.
        SharePublicly = "share-publicly",
    }
}

keywords! {
    /// What a JPEG's quality stands for.
    #[derive(Default)]
    pub enum QualityMode {
        /// The standard's tables, as in libjpeg.
        #[default]
        Standard = "standard",
        /// About the same to the eye in fewer bytes.
        Perceptual = "perceptual",
    }
}

keywords! {
    /// What is done to the colors of what is kept of a picture.
    #[derive(Default)]
    pub enum Refine {
        /// Where foreground and background mix, the background's color is taken out.
        #[default]
        Colors = "colors",
        /// They stay as they are in the picture.
        Off = "off",
    }
}

keywords! {
    /// Which part of the picture to keep, the rest becoming transparent.
    pub enum Segment {
        /// What stands out from the background.
        Foreground = "foreground",
    }
}

keywords! {
    /// Which model tells the foreground, by rising quality.
    pub enum SegmentModel {
        /// U²-Net with few channels.
        U2Netp = "u2netp",
        /// U²-Net.
        U2Net = "u2net",
        /// IS-Net.
        IsNet = "isnet",
        /// BiRefNet with the tiny body.
        BiRefNetLite = "birefnet-lite",
        /// BiRefNet with the large body.
        BiRefNet = "birefnet",
    }
}

keywords! {
    /// Where the detail of an enlarged picture comes from.
    #[derive(Default)]
    pub enum Upscale {
        /// From between the pixels.
        #[default]
        Interpolate = "interpolate",
        /// From a model.
        Generate = "generate",
    }
}

macro_rules! parsed_by_name {
    ($($name:ident),+) => {
        $(impl $name {
            pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
                Self::named(text).ok_or_else(|| none_of(Self::NAMES))
            }
        })+
    };
}

parsed_by_name!(
    Color,
    Compression,
    Hdr,
    Metadata,
    OnError,
    OriginAuth,
    QualityMode,
    Refine,
    Segment,
    SegmentModel,
    Upscale
);
