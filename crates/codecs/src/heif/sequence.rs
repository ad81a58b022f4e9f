//! Image sequences: the first sample of the picture track, and how many there are (ISO/IEC 14496-12, 8).
//!
//! Files made for this also have the first picture as an item, which is preferred; this is for those that have not. Track
//! matrices, edit lists and fragments are not read.

use std::borrow::Cow;

use tintype_pixels::{Orientation, Rect, Size};

use super::{
    boxes::{Cursor, Kind},
    picture::{Association, Coded, Picture, Tile},
    property::{self, Config, Nclx, Property},
};
use crate::{CodecError, Limits};

/// What is read of a track.
struct Track<'a> {
    id: u32,
    handler: Kind,
    /// Tracks that this one is auxiliary to.
    auxiliary_to: Vec<u32>,
    /// The track of opacity that this one's colors are multiplied by.
    premultiplied_by: Vec<u32>,
    table: Cursor<'a>,
}

/// What is read of a track's sample entry.
struct Entry<'a> {
    size: Size,
    config: Config<'a>,
    nclx: Option<Nclx>,
    icc: Option<&'a [u8]>,
}

/// The number of frames of the first picture track.
pub(super) fn frames(moov: Cursor<'_>) -> Result<u32, CodecError> {
    tracks(moov)?.iter().find(|track| &track.handler == b"pict").map_or(Ok(1), Track::samples)
}

/// The first frame of the first picture track.
pub(super) fn first_frame<'a>(moov: Cursor<'a>, file: &'a [u8], limits: &Limits) -> Result<Picture<'a>, CodecError> {
    let tracks = tracks(moov)?;
    let Some(track) = tracks.iter().find(|track| &track.handler == b"pict") else {
        return Err(moov.damaged("there is no track of pictures"));
    };
    let frames = track.samples()?;
    limits.check_frames(frames)?;
    let entry = track.entry()?;
    limits.check_icc(entry.icc.map_or(0, |profile| profile.len() as u64))?;
    let color = Coded::single(track.first_sample(&entry, file)?, entry.size, limits)?;
    let alpha_track = tracks.iter().find(|other| other.auxiliary_to.contains(&track.id));
    let alpha = match alpha_track {
        Some(alpha) => {
            let entry = alpha.entry()?;
            Some(Coded::single(alpha.first_sample(&entry, file)?, entry.size, limits)?)
        }
        None => None,
    };
    if let Some(alpha) = alpha.as_ref().filter(|alpha| alpha.size != color.size) {
        return Err(moov.damaged(format_args!("opacity of {} for colors of {}", alpha.size, color.size)));
    }
    let premultiplied = alpha_track.is_some_and(|alpha| track.premultiplied_by.contains(&alpha.id));
    Ok(Picture {
        crop: Rect::new(0, 0, entry.size),
        orientation: Orientation::Upright,
        color,
        alpha,
        association: if premultiplied { Association::Premultiplied } else { Association::Straight },
        nclx: entry.nclx,
        icc: entry.icc,
        exif: None,
        xmp: None,
        frames,
    })
}

/// The most tracks that are looked at: a picture needs two.
const MAX_TRACKS: usize = 64;

fn tracks(mut moov: Cursor<'_>) -> Result<Vec<Track<'_>>, CodecError> {
    let mut tracks = Vec::new();
    while let Some(inner) = moov.next_inner()? {
        if &inner.kind == b"trak" && tracks.len() < MAX_TRACKS {
            tracks.push(Track::read(inner.body)?);
        }
    }
    Ok(tracks)
}

impl<'a> Track<'a> {
    fn read(body: Cursor<'a>) -> Result<Self, CodecError> {
        let mut header = body.require(b"tkhd")?;
        let (version, _) = header.version_and_flags()?;
        // Two times, of four or of eight bytes each.
        header.take(if version == 1 { 16 } else { 8 })?;
        let id = header.u32()?;
        let media = body.require(b"mdia")?;
        let mut handler = media.require(b"hdlr")?;
        handler.take(8)?;
        let references = body.find(b"tref")?;
        let to = |kind: &Kind| -> Result<Vec<u32>, CodecError> {
            let Some(mut list) = references.map(|tref| tref.find(kind)).transpose()?.flatten() else {
                return Ok(Vec::new());
            };
            let mut ids = Vec::new();
            while !list.is_empty() && ids.len() < MAX_TRACKS {
                ids.push(list.u32()?);
            }
            Ok(ids)
        };
        Ok(Self {
            id,
            handler: handler.kind()?,
            auxiliary_to: to(b"auxl")?,
            premultiplied_by: to(b"prem")?,
            table: media.require(b"minf")?.require(b"stbl")?,
        })
    }

    /// How many samples there are.
    fn samples(&self) -> Result<u32, CodecError> {
        let mut sizes = self.table.require(b"stsz")?;
        sizes.take(8)?;
        sizes.u32()
    }

    fn entry(&self) -> Result<Entry<'a>, CodecError> {
        let mut entries = self.table.require(b"stsd")?;
        entries.take(8)?;
        let Some(entry) = entries.next_inner()? else { return Err(entries.damaged("stsd is empty")) };
        let mut body = entry.body;
        if !matches!(&entry.kind, b"av01" | b"hvc1" | b"hev1") {
            return Err(body.unsupported("of a codec that is not known"));
        }
        // A visual sample entry: the size after 24 bytes, then 50 more in front of the boxes.
        body.take(24)?;
        let size = Size::new(u32::from(body.u16()?), u32::from(body.u16()?));
        body.take(50)?;
        let (mut config, mut nclx, mut icc) = (None, None, None);
        while let Some(inner) = body.next_inner()? {
            match property::read(inner)? {
                Property::Config(found) => config = Some(found),
                Property::Nclx(found) => nclx = Some(found),
                Property::Icc(found) => icc = Some(found),
                _ => {}
            }
        }
        let config = config.ok_or_else(|| body.damaged("the track has no av1C or hvcC"))?;
        Ok(Entry { size, config, nclx, icc })
    }

    fn first_sample(&self, entry: &Entry<'a>, file: &'a [u8]) -> Result<Tile<'a>, CodecError> {
        let mut sizes = self.table.require(b"stsz")?;
        sizes.take(4)?;
        let length = match (sizes.u32()?, sizes.u32()?) {
            (_, 0) => return Err(sizes.damaged("the track has no samples")),
            (0, _) => sizes.u32()?,
            (all, _) => all,
        };
        let offset = match self.table.find(b"stco")? {
            Some(mut chunks) => {
                chunks.take(8)?;
                u64::from(chunks.u32()?)
            }
            None => {
                let mut chunks = self.table.require(b"co64")?;
                chunks.take(8)?;
                chunks.u64()?
            }
        };
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let data = file.get(start..).and_then(|rest| rest.get(..length as usize)).ok_or_else(|| {
            let there = file.len();
            let detail = format_args!("a sample of {length} bytes at {offset}; the file has {there}");
            CodecError::truncated(sizes.format(), detail)
        })?;
        Ok(Tile { data: Cow::Borrowed(data), config: entry.config, operating_point: 0 })
    }
}
