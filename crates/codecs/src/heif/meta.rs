//! The items of a file: what there is, where its bytes lie, which properties it has and what refers to what.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    boxes::{Cursor, IdWidth, Kind},
    property::{self, Property},
};
use crate::{Bound, CodecError};

/// The most items, extents and references of one file. A picture of 100 megapixels has at most 24,000 tiles (of 64
/// pixels a side, the least that is allowed), and as many of opacity.
const MAX_ITEMS: usize = 65_536;
/// The most associations of items and properties: a handful for each item.
const MAX_ASSOCIATIONS: usize = 16 * MAX_ITEMS;
/// What one box of associations can number.
const MAX_PROPERTIES: usize = 0x7fff;

/// The `meta` box, read.
#[derive(Debug)]
pub(super) struct Items<'a> {
    pub(super) cursor: Cursor<'a>,
    file: &'a [u8],
    idat: &'a [u8],
    primary: u32,
    items: BTreeMap<u32, Item>,
    properties: Vec<Property<'a>>,
    references: BTreeMap<(Kind, u32), Vec<u32>>,
    /// For `auxl` and `cdsc`: who refers to an item, in the order of the file.
    referrers: BTreeMap<(Kind, u32), Vec<u32>>,
}

#[derive(Debug, Default)]
struct Item {
    kind: Kind,
    place: Place,
    base: u64,
    extents: Vec<(u64, u64)>,
    /// Index into the properties, counted from 1, and whether a reader must know it.
    properties: Vec<(u16, Need)>,
}

/// What the offsets of an item's extents count from.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// The start of the file.
    #[default]
    File,
    /// The start of the `idat` box.
    Idat,
    /// Other items.
    Item,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Essential,
    Optional,
}

impl<'a> Items<'a> {
    /// Reads the body of a `meta` box of `file`.
    pub(super) fn read(mut meta: Cursor<'a>, file: &'a [u8]) -> Result<Self, CodecError> {
        meta.version_and_flags()?;
        let mut items = Self {
            cursor: meta,
            file,
            idat: meta.find(b"idat")?.map(|idat| idat.rest()).unwrap_or_default(),
            primary: 0,
            items: BTreeMap::new(),
            properties: Vec::new(),
            references: BTreeMap::new(),
            referrers: BTreeMap::new(),
        };
        items.read_infos(meta.require(b"iinf")?)?;
        items.read_locations(meta.require(b"iloc")?)?;
        items.read_properties(meta.require(b"iprp")?)?;
        if let Some(references) = meta.find(b"iref")? {
            items.read_references(references)?;
        }
        let mut primary = meta.require(b"pitm")?;
        let (version, _) = primary.version_and_flags()?;
        items.primary = primary.item_id(if version == 0 { IdWidth::Two } else { IdWidth::Four })?;
        Ok(items)
    }

    fn read_infos(&mut self, mut infos: Cursor<'a>) -> Result<(), CodecError> {
        let (version, _) = infos.version_and_flags()?;
        // The count is not needed: the boxes are counted.
        infos.item_id(if version == 0 { IdWidth::Two } else { IdWidth::Four })?;
        while let Some(info) = infos.next_inner()? {
            let mut body = info.body;
            let (version, _) = body.version_and_flags()?;
            // Versions 0 and 1 have no kind: they are of no use to a picture.
            if &info.kind != b"infe" || version < 2 {
                continue;
            }
            let id = body.item_id(if version == 2 { IdWidth::Two } else { IdWidth::Four })?;
            body.u16()?;
            let kind = body.kind()?;
            self.items.insert(id, Item { kind, ..Item::default() });
            within(self.items.len(), MAX_ITEMS)?;
        }
        Ok(())
    }

    fn read_locations(&mut self, mut body: Cursor<'a>) -> Result<(), CodecError> {
        let (version, _) = body.version_and_flags()?;
        let sizes = body.u16()?;
        let [offset_bytes, length_bytes, base_bytes, index_bytes] =
            [12, 8, 4, 0].map(|shift| (sizes >> shift & 15) as u8);
        let width = if version < 2 { IdWidth::Two } else { IdWidth::Four };
        let count = body.item_id(width)?;
        let mut extents_in_all = 0;
        for _ in 0..count {
            let id = body.item_id(width)?;
            let place = match version {
                0 => Place::File,
                _ => match body.u16()? & 15 {
                    0 => Place::File,
                    1 => Place::Idat,
                    2 => Place::Item,
                    other => return Err(body.damaged(format_args!("construction method {other}; 0 to 2 exist"))),
                },
            };
            // Data in other files is never followed.
            let data_reference = body.u16()?;
            let base = body.uint(base_bytes)?;
            let extent_count = usize::from(body.u16()?);
            // Counted before they are read: an extent may be coded in no bytes at all.
            extents_in_all += extent_count;
            within(extents_in_all, MAX_ITEMS)?;
            let mut extents = Vec::new();
            for _ in 0..extent_count {
                if version > 0 {
                    body.uint(index_bytes)?;
                }
                extents.push((body.uint(offset_bytes)?, body.uint(length_bytes)?));
            }
            if let Some(item) = self.items.get_mut(&id).filter(|_| data_reference == 0) {
                (item.place, item.base, item.extents) = (place, base, extents);
            }
        }
        Ok(())
    }

    fn read_properties(&mut self, body: Cursor<'a>) -> Result<(), CodecError> {
        let mut container = body.require(b"ipco")?;
        while let Some(inner) = container.next_inner()? {
            self.properties.push(property::read(inner)?);
            within(self.properties.len(), MAX_PROPERTIES)?;
        }
        let mut outer = body;
        let mut associations_in_all = 0;
        while let Some(inner) = outer.next_inner()? {
            if &inner.kind != b"ipma" {
                continue;
            }
            let mut body = inner.body;
            let (version, flags) = body.version_and_flags()?;
            let width = if version == 0 { IdWidth::Two } else { IdWidth::Four };
            for _ in 0..body.u32()? {
                let id = body.item_id(width)?;
                let count = usize::from(body.u8()?);
                associations_in_all += count;
                within(associations_in_all, MAX_ASSOCIATIONS)?;
                for _ in 0..count {
                    // The top bit says essential, the others are the index.
                    let (index, essential) = if flags & 1 == 0 {
                        let byte = u16::from(body.u8()?);
                        (byte & 0x7f, byte & 0x80)
                    } else {
                        let word = body.u16()?;
                        (word & 0x7fff, word & 0x8000)
                    };
                    let need = if essential == 0 { Need::Optional } else { Need::Essential };
                    if let Some(item) = self.items.get_mut(&id).filter(|_| index > 0) {
                        item.properties.push((index, need));
                    }
                }
            }
        }
        Ok(())
    }

    fn read_references(&mut self, mut body: Cursor<'a>) -> Result<(), CodecError> {
        let (version, _) = body.version_and_flags()?;
        let width = if version == 0 { IdWidth::Two } else { IdWidth::Four };
        let mut in_all = 0;
        while let Some(reference) = body.next_inner()? {
            let mut inner = reference.body;
            let from = inner.item_id(width)?;
            let count = usize::from(inner.u16()?);
            in_all += count;
            within(in_all, MAX_ITEMS)?;
            let to = (0..count).map(|_| inner.item_id(width)).collect::<Result<Vec<_>, _>>()?;
            for target in &to {
                self.referrers.entry((reference.kind, *target)).or_default().push(from);
            }
            self.references.entry((reference.kind, from)).or_default().extend(to);
        }
        Ok(())
    }

    /// The item that is the picture.
    pub(super) fn primary(&self) -> u32 {
        self.primary
    }

    /// What kind of item `id` is.
    pub(super) fn kind(&self, id: u32) -> Result<Kind, CodecError> {
        Ok(self.item(id)?.kind)
    }

    fn item(&self, id: u32) -> Result<&Item, CodecError> {
        self.items.get(&id).ok_or_else(|| self.cursor.damaged(format_args!("there is no item {id}")))
    }

    /// The properties of an item in their order.
    ///
    /// A property that the file marks as essential and that is not known here makes the item unreadable.
    pub(super) fn properties(&self, id: u32) -> Result<Vec<Property<'a>>, CodecError> {
        let found = self.item(id)?.properties.iter().map(|&(index, need)| {
            let property = self.properties.get(usize::from(index) - 1);
            match (property, need) {
                (None, _) => Err(self.cursor.damaged(format_args!("there is no property {index}"))),
                (Some(Property::Unknown), Need::Essential) => {
                    Err(self.cursor.unsupported("with an essential property that is not known"))
                }
                (Some(property), _) => Ok(*property),
            }
        });
        found.collect()
    }

    /// The items that `from` refers to by references of `kind`, in order.
    pub(super) fn references(&self, kind: &Kind, from: u32) -> &[u32] {
        self.references.get(&(*kind, from)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The items that refer to `to` by references of `kind`.
    pub(super) fn referrers(&self, kind: &Kind, to: u32) -> &[u32] {
        self.referrers.get(&(*kind, to)).map(Vec::as_slice).unwrap_or_default()
    }

    /// An item's bytes; borrowed where they lie in one piece.
    pub(super) fn data(&self, id: u32) -> Result<Cow<'a, [u8]>, CodecError> {
        let item = self.item(id)?;
        let (source, name) = match item.place {
            Place::File => (self.file, "the file"),
            Place::Idat => (self.idat, "idat"),
            Place::Item => return Err(self.cursor.unsupported("with items made of other items' bytes")),
        };
        let outside = |start: u64, length: u64| {
            let there = source.len();
            let detail = format!("item {id} has {length} bytes at {start}; {name} has {there}");
            CodecError::truncated(self.cursor.format(), detail)
        };
        let slice = |&(offset, length): &(u64, u64)| {
            let start = item.base.saturating_add(offset);
            // No length means everything from there on.
            let length = if length == 0 { (source.len() as u64).saturating_sub(start) } else { length };
            let end = start.checked_add(length).and_then(|end| usize::try_from(end).ok());
            let range = usize::try_from(start).ok().zip(end).map(|(start, end)| start..end);
            range.and_then(|range| source.get(range)).ok_or_else(|| outside(start, length))
        };
        match item.extents.as_slice() {
            [] => Err(self.cursor.damaged(format_args!("item {id} has no bytes"))),
            [extent] => slice(extent).map(Cow::Borrowed),
            extents => {
                let pieces = extents.iter().map(slice).collect::<Result<Vec<_>, _>>()?;
                // Pieces that overlap could add up to any length.
                let length: usize = pieces.iter().map(|piece| piece.len()).sum();
                if length > source.len() {
                    return Err(self.cursor.damaged(format_args!("the pieces of item {id} overlap")));
                }
                Ok(Cow::Owned(pieces.concat()))
            }
        }
    }
}

fn within(value: usize, limit: usize) -> Result<(), CodecError> {
    if value > limit {
        let (value, limit) = (value as u64, limit as u64);
        return Err(CodecError::TooLarge { what: Bound::Items, value, limit });
    }
    Ok(())
}
