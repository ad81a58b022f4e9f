//! XMP packets, fit to be passed on with a picture whose pixels are upright, of another size, and without what was behind it.
//!
//! Nothing is understood but elements, attributes and the namespaces of their names: what no longer holds is left out, everything
//! else stays byte for byte.

/// Namespaces of which nothing is kept. They tell of pictures behind the first one, which a result does not have: gain maps,
/// moving pictures, depth. Their offsets would lead nowhere.
const DROPPED: &[&str] = &[
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
    "http://ns.google.com/photos/1.0/camera/",
    CONTAINER,
    CONTAINER_ITEM,
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/depthmap/",
];

/// Single names that are not kept, with their namespaces: the pixels are upright, and sizes and thumbnails those of before.
const DROPPED_NAMES: &[(&str, &[&str])] = &[
    ("http://ns.adobe.com/tiff/1.0/", &["Orientation", "ImageWidth", "ImageLength"]),
    ("http://ns.adobe.com/exif/1.0/", &["PixelXDimension", "PixelYDimension"]),
    ("http://ns.adobe.com/xap/1.0/", &["Thumbnails"]),
    ("http://ns.adobe.com/xmp/note/", &["HasExtendedXMP"]),
];

/// Namespaces of gain maps, and of what names have to stand in to be XMP.
const GAIN_MAP: &[&str] = &[
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
    "adobe:ns:meta/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
];

/// A file that a packet says is in the same file as its picture, or the picture's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Whether it is the picture's gain map.
    pub is_gain_map: bool,
    /// How long it is; zero where nothing is said, as of the picture itself.
    pub bytes: usize,
    /// How many bytes stand between the picture and the next file.
    pub padding: usize,
}

/// The directory of `packet`, in the order of its file, the picture first (Ultra HDR image format 1.1, "GContainer metadata"). Ends where it is
/// not in order; empty where there is none.
pub fn directory(packet: &[u8]) -> Vec<Item> {
    let Ok(text) = std::str::from_utf8(packet) else { return Vec::new() };
    let prefixes = Prefixes::of(text);
    let mut rest = text;
    let items = std::iter::from_fn(|| {
        loop {
            rest = &rest[rest.find('<')?..];
            if let Some(length) = passage(rest)? {
                rest = &rest[length..];
                continue;
            }
            let tag = Tag::read(rest)?;
            rest = &rest[tag.length..];
            if !tag.is_end && prefixes.is(tag.name, CONTAINER, "Item") {
                return item(&prefixes, tag.attributes);
            }
        }
    });
    items.collect()
}

fn item(prefixes: &Prefixes<'_>, mut attributes: &str) -> Option<Item> {
    let mut item = Item::default();
    while let Some(attribute) = Attribute::read(attributes)? {
        let Attribute { name, value, length } = attribute;
        if prefixes.is(name, CONTAINER_ITEM, "Semantic") {
            item.is_gain_map = value == "GainMap";
        } else if prefixes.is(name, CONTAINER_ITEM, "Length") {
            item.bytes = value.parse().ok()?;
        } else if prefixes.is(name, CONTAINER_ITEM, "Padding") {
            item.padding = value.parse().ok()?;
        }
        attributes = &attributes[length..];
    }
    Some(item)
}

/// Namespaces of a directory.
const CONTAINER: &str = "http://ns.google.com/photos/1.0/container/";
const CONTAINER_ITEM: &str = "http://ns.google.com/photos/1.0/container/item/";

/// What is left out of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// [`DROPPED`] and [`DROPPED_NAMES`].
    Result,
    /// All but [`GAIN_MAP`], comments too.
    GainMap,
}

/// What of `packet` may be kept. `None` for one that is not in UTF-8, or no XML as far as that is looked at.
pub fn kept(packet: &[u8]) -> Option<Vec<u8>> {
    filtered(packet, Keep::Result)
}

/// What `packet` says of a gain map, and nothing else, byte for byte. `None` as with [`kept`], and for one that is so broken that
/// what is kept of it would not be read as the same again.
pub fn gain_map(packet: &[u8]) -> Option<Vec<u8>> {
    let kept = filtered(packet, Keep::GainMap)?;
    // A declaration may have gone with something that is no element.
    (filtered(&kept, Keep::GainMap).as_ref() == Some(&kept)).then_some(kept)
}

/// `kept`, or a packet of its own, that says what a picture with a gain map of `map_bytes` behind it has to say: that there is one,
/// and in which order the pictures stand (Ultra HDR image format 1.1, "Generate GContainer").
pub fn with_gain_map(kept: Option<&[u8]>, map_bytes: usize) -> Vec<u8> {
    const END: &str = "</rdf:RDF>";
    let item = |what: &str| {
        format!(
            r#"<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic={what}/></rdf:li>"#
        )
    };
    let items = item(r#""Primary""#) + &item(&format!(r#""GainMap" Item:Length="{map_bytes}""#));
    let description = format!(
        r#"<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"
 xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/">
<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory></rdf:Description>"#
    );
    let kept = kept.and_then(|kept| std::str::from_utf8(kept).ok()?.rsplit_once(END));
    if let Some((before, after)) =
        kept.filter(|(before, after)| before.len() + description.len() + after.len() < LONGEST)
    {
        return [before, &description, END, after].concat().into_bytes();
    }
    let rdf = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#;
    format!(r#"<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}{description}{END}</x:xmpmeta>"#).into_bytes()
}

/// Less than a packet in a JPEG's segment may have.
const LONGEST: usize = 65_000;

fn filtered(packet: &[u8], keep: Keep) -> Option<Vec<u8>> {
    // A packet in a segment of fixed length may end in zeros.
    let text = std::str::from_utf8(packet).ok()?.trim_end_matches('\0');
    let prefixes = Prefixes::of(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(length) = passage(rest)? {
            if keep == Keep::Result || rest.starts_with("<?") {
                out.push_str(&rest[..length]);
            }
            rest = &rest[length..];
            continue;
        }
        let tag = Tag::read(rest)?;
        if prefixes.is_dropped(tag.name, keep) {
            rest = after(rest, &tag)?;
            continue;
        }
        tag.write(&prefixes, keep, &mut out)?;
        rest = &rest[tag.length..];
    }
    out.push_str(rest);
    Some(out.into_bytes())
}

/// The length of what is not an element: a comment, an instruction, a declaration, CDATA. `None` inside is none of them, `None`
/// outside one without an end.
fn passage(text: &str) -> Option<Option<usize>> {
    for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")] {
        if text.starts_with(start) {
            return Some(Some(text.find(end)? + end.len()));
        }
    }
    Some(None)
}

/// What begins or ends an element.
struct Tag<'a> {
    /// With the prefix.
    name: &'a str,
    /// What stands between the name and the bracket at the end.
    attributes: &'a str,
    is_end: bool,
    is_empty: bool,
    length: usize,
}

impl<'a> Tag<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut quote = None;
        let end = text.char_indices().find_map(|(at, c)| match (quote, c) {
            (None, '>') => Some(at),
            (None, '"' | '\'') => {
                quote = Some(c);
                None
            }
            (Some(open), c) if open == c => {
                quote = None;
                None
            }
            _ => None,
        })?;
        let inner = &text[1..end];
        let is_end = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let is_empty = inner.ends_with('/');
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let name_end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(name_end);
        (!name.is_empty()).then_some(Self { name, attributes, is_end, is_empty, length: end + 1 })
    }

    fn write(&self, prefixes: &Prefixes<'_>, keep: Keep, out: &mut String) -> Option<()> {
        out.push('<');
        out.push_str(if self.is_end { "/" } else { "" });
        out.push_str(self.name);
        let mut rest = self.attributes;
        while let Some(attribute) = Attribute::read(rest)? {
            if !prefixes.is_dropped(attribute.name, keep) {
                out.push_str(&rest[..attribute.length]);
            }
            rest = &rest[attribute.length..];
        }
        out.push_str(rest);
        out.push_str(if self.is_empty { "/>" } else { ">" });
        Some(())
    }
}

/// A name and its value, with the space in front.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    length: usize,
}

impl<'a> Attribute<'a> {
    /// The first of `text`; `None` inside where there is none, `None` outside where it is broken.
    fn read(text: &'a str) -> Option<Option<Self>> {
        let trimmed = text.trim_start();
        if trimmed.is_empty() {
            return Some(None);
        }
        let (name, after) = trimmed.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = after[1..].split(quote).next()?;
        // Both quotes; the second must be there.
        let tail = after[1..].get(value.len() + 1..)?;
        Some(Some(Self { name: name.trim_end(), value, length: text.len() - tail.len() }))
    }
}

/// What follows the element that `tag` begins.
fn after<'a>(text: &'a str, tag: &Tag<'_>) -> Option<&'a str> {
    let mut rest = text.get(tag.length..)?;
    if tag.is_empty || tag.is_end {
        return Some(rest);
    }
    let mut depth = 1usize;
    while depth > 0 {
        rest = &rest[rest.find('<')?..];
        if let Some(length) = passage(rest)? {
            rest = &rest[length..];
            continue;
        }
        let inner = Tag::read(rest)?;
        if inner.name == tag.name && !inner.is_empty {
            depth = if inner.is_end { depth - 1 } else { depth + 1 };
        }
        rest = &rest[inner.length..];
    }
    Some(rest)
}

/// Which prefixes mean the namespaces that matter here. Writers bind a prefix once for a whole packet.
struct Prefixes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Prefixes<'a> {
    fn of(text: &'a str) -> Self {
        let declared = text.match_indices("xmlns:").filter_map(|(at, _)| {
            let attribute = Attribute::read(&text[at..])??;
            Some((attribute.name.strip_prefix("xmlns:")?, attribute.value))
        });
        Self(declared.collect())
    }

    /// Whether `name` is `local` of the namespace `space`.
    fn is(&self, name: &str, space: &str, local: &str) -> bool {
        let (prefix, own) = name.split_once(':').unwrap_or(("", name));
        own == local && self.0.contains(&(prefix, space))
    }

    fn is_dropped(&self, name: &str, keep: Keep) -> bool {
        let Some((prefix, local)) = name.split_once(':') else { return keep == Keep::GainMap };
        // The declaration of a namespace goes with everything in it.
        let (prefix, local) = if prefix == "xmlns" { (local, None) } else { (prefix, Some(local)) };
        let mut spaces = self.0.iter().filter(|(bound, _)| *bound == prefix).map(|(_, space)| *space);
        if keep == Keep::GainMap {
            return !spaces.any(|space| GAIN_MAP.contains(&space));
        }
        spaces.any(|space| {
            let named = |(of, names): &(&str, &[&str])| *of == space && local.is_some_and(|name| names.contains(&name));
            DROPPED.contains(&space) || DROPPED_NAMES.iter().any(named)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:gain='http://ns.adobe.com/hdr-gain-map/1.0/'
    xmlns:Container="http://ns.google.com/photos/1.0/container/"
    xmlns:Item="http://ns.google.com/photos/1.0/container/item/"
    xmlns:xmpNote="http://ns.adobe.com/xmp/note/"
    tiff:Make="A > B" tiff:Orientation="6" gain:Version="1.0" xmpNote:HasExtendedXMP="00FF">
   <!-- <gain:not an="element"> -->
   <dc:creator><rdf:Seq><rdf:li>Anna</rdf:li></rdf:Seq></dc:creator>
   <tiff:ImageWidth>4000</tiff:ImageWidth>
   <Container:Directory>
    <rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Length="123"/></rdf:li></rdf:Seq>
    <Container:Directory/>
   </Container:Directory>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#;

    #[test]
    fn what_no_longer_holds_goes_and_the_rest_stays() {
        let after = String::from_utf8(kept(PACKET.as_bytes()).expect("sound")).expect("text");
        for gone in
            ["Orientation", "ImageWidth", "Container", "gain:Version", "Item:", "HasExtendedXMP", "hdr-gain-map"]
        {
            assert!(!after.contains(gone), "{gone} in {after}");
        }
        for stays in ["tiff:Make=\"A > B\"", "<rdf:li>Anna</rdf:li>", "<!-- <gain:not", "xpacket end", "xmlns:tiff="] {
            assert!(after.contains(stays), "{stays} in {after}");
        }
        assert_eq!(kept(after.as_bytes()), Some(after.clone().into_bytes()), "twice is once");
        let plain = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><a b='c' /></x:xmpmeta>"#;
        assert_eq!(kept(plain).as_deref(), Some(plain.as_slice()), "nothing to leave out, nothing changed");
    }

    #[test]
    fn directories_are_read_in_order() {
        assert_eq!(directory(PACKET.as_bytes()), [Item { bytes: 123, ..Item::default() }]);
        let written = with_gain_map(None, 1234);
        assert_eq!(directory(&written), [Item::default(), Item { is_gain_map: true, bytes: 1234, padding: 0 }]);
        let other = |attributes: &str| {
            let packet = format!(
                "<a xmlns:c='{CONTAINER}' xmlns:i='{CONTAINER_ITEM}' xmlns:o='o'><!-- <c:Item/> --><o:Item/>\
                 <c:Item i:Padding='7' i:Semantic='Primary'></c:Item><c:Item {attributes}/></a>"
            );
            directory(packet.as_bytes())
        };
        let first = Item { padding: 7, ..Item::default() };
        let map = Item { is_gain_map: true, bytes: 9, padding: 0 };
        assert_eq!(other("i:Semantic='GainMap' i:Length='9'"), [first, map]);
        assert_eq!(
            other("o:Semantic='GainMap' i:Length='9' Length='8'"),
            [first, Item { bytes: 9, ..Item::default() }]
        );
        assert_eq!(other("i:Semantic='GainMap' i:Length='-9'"), [first], "what is not in order ends it");
        assert_eq!(directory(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"), []);
    }

    #[test]
    fn no_prefix_and_no_flipped_byte_of_a_packet_panics() {
        let whole = PACKET.as_bytes();
        for len in 0..whole.len() {
            kept(&whole[..len]);
            directory(&whole[..len]);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 0x1f;
            kept(&damaged);
            directory(&damaged);
        }
        for broken in ["<a", "<a b>", "<a b=\"c>", "<!-- ", "< >", "<>", "\u{e9}<\u{e9} \u{e9}='\u{e9}'>"] {
            kept(broken.as_bytes());
        }
        assert_eq!(kept(b"\xff\xfe<\0"), None);
    }

    #[test]
    fn of_a_gain_map_only_what_it_is_stays() {
        let packet = r#"<?xpacket begin=""?><!-- private --><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Core">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:rights="mine"
 hdrgm:Version="1.0" hdrgm:GainMapMax="2.5"><hdrgm:Gamma><rdf:Seq><rdf:li>1.5</rdf:li></rdf:Seq></hdrgm:Gamma>
<dc:creator><rdf:Seq><rdf:li>Anna</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let after = String::from_utf8(gain_map(packet.as_bytes()).expect("sound")).expect("text");
        for gone in ["private", "mine", "Anna", "purl.org"] {
            assert!(!after.contains(gone), "{gone} in {after}");
        }
        for stays in [
            r#"hdrgm:GainMapMax="2.5""#,
            "<hdrgm:Gamma><rdf:Seq><rdf:li>1.5</rdf:li></rdf:Seq></hdrgm:Gamma>",
            r#"rdf:about="""#,
        ] {
            assert!(after.contains(stays), "{stays} in {after}");
        }
        assert_eq!(gain_map(after.as_bytes()).as_deref(), Some(after.as_bytes()));
        // The prefix is declared by what goes: found by the fuzzer.
        assert_eq!(gain_map(packet.replace("<rdf:RDF", "<!df:RDF").as_bytes()), None);
    }

    #[test]
    fn a_packet_says_that_a_gain_map_follows() {
        let with = |packet: Option<&[u8]>| String::from_utf8(with_gain_map(packet, 1234)).expect("text");
        let own = kept(PACKET.as_bytes()).expect("sound");
        let (merged, alone) = (with(Some(&own)), with(None));
        for text in [&merged, &alone] {
            assert!(text.contains(r#"Item:Semantic="GainMap" Item:Length="1234""#), "{text}");
            assert_eq!((text.matches("<rdf:RDF").count(), text.matches("</rdf:RDF>").count()), (1, 1), "{text}");
        }
        assert!(merged.contains("<rdf:li>Anna</rdf:li>"), "{merged}");
        assert_eq!(
            kept(merged.as_bytes()).map(|packet| packet.len() > own.len() + 100),
            Some(false),
            "it goes as it came"
        );
        let long = [b"<rdf:RDF>".as_slice(), &[b' '; 65_000], b"</rdf:RDF>"].concat();
        assert_eq!(with(Some(&long)), alone, "what does not fit gives way");
        assert_eq!(with(Some(b"no RDF")), alone);
    }
}
