//! What an SVG stands for, found out before it is expanded: a document of some hundred bytes can stand for billions of shapes. What
//! drawing them takes is `cost`'s to say.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{self, Document};
use tintype_pixels::ImageFormat;

use crate::{Bound, CodecError, Limits};

/// How deep elements may be inside each other, references followed. Drawing recurses that deep.
const MAX_NESTING: u32 = 96;

/// Comparisons of attributes' names: a parser compares each with all others of its element. Five million attributes of ten in a hundred
/// thousand elements need as many.
const COMPARISONS: u64 = 50_000_000;

/// Rules of stylesheets times elements: each is held against each. A drawing program's thousand rules for twenty thousand elements.
const MATCHES: u64 = 20_000_000;

/// The text of a document that is not too long and whose entities, if any, are plain.
///
/// Entities of entities grow without end, and no drawing program writes them. Plain ones cannot make a document larger than
/// `limits` allow either: every use counts as the longest.
pub(super) fn check_text<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, CodecError> {
    let too_long = |value: u64| CodecError::TooLarge { what: Bound::FileBytes, value, limit: limits.svg_bytes };
    if bytes.len() as u64 > limits.svg_bytes {
        return Err(too_long(bytes.len() as u64));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| CodecError::damaged(ImageFormat::Svg, format_args!("not UTF-8: {error}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let comparisons = comparisons(text);
    if comparisons > COMPARISONS {
        return Err(CodecError::TooLarge { what: Bound::SvgWork, value: comparisons, limit: COMPARISONS });
    }
    let Some(first) = text.find("<!ENTITY") else { return Ok(text) };
    let subset = &text[first..text[first..].find("]>").map_or(text.len(), |end| first + end)];
    let declarations = subset.split("<!ENTITY").skip(1);
    let longest = declarations.clone().map(str::len).max().unwrap_or(0);
    if declarations.clone().any(|declaration| declaration.replace("&#", "").contains(['&', '%'])) {
        return Err(CodecError::damaged(ImageFormat::Svg, "entities that refer to entities are not read"));
    }
    let uses = text[first + subset.len()..].matches('&').count();
    let expanded = (uses as u64).saturating_mul(longest as u64).saturating_add(bytes.len() as u64);
    if expanded > limits.svg_bytes { Err(too_long(expanded)) } else { Ok(text) }
}

/// The squares of every element's number of attributes, together. Where markup stands in an entity or a comment it counts as any.
fn comparisons(text: &str) -> u64 {
    let is_name = |tag: &&str| tag.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':'));
    // No value of an attribute has "<" in it.
    let tags = text.split('<').skip(1).filter(is_name);
    tags.fold(0, |sum: u64, tag| {
        let (mut attributes, mut quote) = (0u64, None);
        for byte in tag.bytes() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'>') => break,
                (None, _) => {}
            }
        }
        sum.saturating_add(attributes.saturating_mul(attributes))
    })
}

/// The document, if it has not too many nodes.
pub(super) fn parsed<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>, CodecError> {
    // Text and comments between elements are nodes too.
    let nodes_limit = limits.svg_elements.saturating_mul(4);
    let rules = roxmltree::ParsingOptions { allow_dtd: true, nodes_limit, ..Default::default() };
    Document::parse_with_options(text, rules).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => {
            let limit = u64::from(limits.svg_elements);
            CodecError::TooLarge { what: Bound::SvgElements, value: limit.saturating_add(1), limit }
        }
        error => CodecError::damaged(ImageFormat::Svg, error),
    })
}

/// Refuses a document nested too deep as it is written: the cleaner's time grows with the square of it.
pub(super) fn check_structure(document: &Document<'_>) -> Result<(), CodecError> {
    let (mut node, mut nesting) = (document.root_element(), 1);
    loop {
        if let Some(child) = node.first_element_child() {
            (node, nesting) = (child, nesting + 1);
            if nesting > MAX_NESTING {
                return Err(too_deep(nesting));
            }
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling_element() {
                node = next;
                break;
            }
            match node.parent_element() {
                Some(parent) if nesting > 1 => (node, nesting) = (parent, nesting - 1),
                _ => return Ok(()),
            }
        }
    }
}

fn too_deep(nesting: u32) -> CodecError {
    CodecError::TooLarge { what: Bound::SvgNesting, value: u64::from(nesting), limit: u64::from(MAX_NESTING) }
}

/// Refuses a document that has too many elements, or is nested too deep, once every reference is replaced by what it refers to.
pub(super) fn check_document(document: &Document<'_>, limits: &Limits) -> Result<(), CodecError> {
    let mut expansion =
        Expansion { targets: HashMap::new(), of_class: HashMap::new(), of_all: Vec::new(), known: HashMap::new() };
    let (mut rules, mut styled) = (0u64, 0u64);
    for node in document.descendants().filter(|node| node.is_element()) {
        styled += 1;
        if let Some(id) = node.attribute("id") {
            expansion.targets.insert(id, node);
        }
        let curved = ["d", "rx", "ry", "r"].into_iter().filter_map(|name| node.attribute(name));
        if curved.into_iter().any(has_far_number) {
            return Err(CodecError::damaged(ImageFormat::Svg, "a path's numbers of a billion and more are not drawn"));
        }
        if node.tag_name().name() == "style" {
            let text = node.text().unwrap_or_default();
            rules += text.bytes().filter(|byte| matches!(byte, b'{' | b',')).count() as u64;
            expansion.read_stylesheet(text);
        }
    }
    let matches = rules.saturating_mul(styled);
    if matches > MATCHES {
        return Err(CodecError::TooLarge { what: Bound::SvgWork, value: matches, limit: MATCHES });
    }
    let Extent { elements, nesting } = expansion.of(document.root_element(), 0);
    if nesting > MAX_NESTING {
        return Err(too_deep(nesting));
    }
    if elements > u64::from(limits.svg_elements) {
        let limit = u64::from(limits.svg_elements);
        return Err(CodecError::TooLarge { what: Bound::SvgElements, value: elements, limit });
    }
    Ok(())
}

/// Whether `text` has a number of ten digits in front of its point, or more, or with an exponent above nine. An arc is cut into the more
/// pieces the larger it is, and each piece costs what all before it did: one of 10^37 takes hours.
fn has_far_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'1'..=b'9' => {
                let length = digits(at);
                if length > 9 {
                    return true;
                }
                at += length;
            }
            b'.' => at += 1 + digits(at + 1),
            b'e' | b'E' => {
                at += 1;
                at += usize::from(bytes.get(at) == Some(&b'+'));
                let zeros = bytes[at..].iter().take_while(|byte| **byte == b'0').count();
                at += zeros;
                if digits(at) > 1 {
                    return true;
                }
            }
            _ => at += 1,
        }
    }
    false
}

/// What an element stands for.
#[derive(Clone, Copy)]
struct Extent {
    elements: u64,
    nesting: u32,
}

/// Counts what elements stand for, each once.
struct Expansion<'d, 'i> {
    targets: HashMap<&'d str, roxmltree::Node<'d, 'i>>,
    /// References that a stylesheet gives to a class, and those it gives by anything else, which count for every element.
    of_class: HashMap<&'d str, Vec<&'d str>>,
    of_all: Vec<&'d str>,
    /// Zero while an element is being counted: a reference back to it, which is drawn as nothing.
    known: HashMap<roxmltree::NodeId, Extent>,
}

impl<'d, 'i> Expansion<'d, 'i> {
    fn of(&mut self, node: roxmltree::Node<'d, 'i>, level: u32) -> Extent {
        if let Some(known) = self.known.get(&node.id()) {
            return *known;
        }
        // Deeper than is accepted: the answer is clear, and so is how deep this function may recurse.
        if level > MAX_NESTING {
            return Extent { elements: 1, nesting: MAX_NESTING + 1 };
        }
        self.known.insert(node.id(), Extent { elements: 0, nesting: 0 });
        let mut references = self.of_all.clone();
        for attribute in node.attributes() {
            match attribute.name() {
                "href" => references.extend(attribute.value().trim().strip_prefix('#')),
                "class" => {
                    for class in attribute.value().split_ascii_whitespace() {
                        references.extend(self.of_class.get(class).into_iter().flatten());
                    }
                }
                _ => references.extend(urls(attribute.value())),
            }
        }
        // A marker stands at every corner of a line. More corners than bytes there are not.
        let corners = if node.attributes().any(|attribute| attribute.name().starts_with("marker")) {
            node.attribute("d").or(node.attribute("points")).map_or(1, str::len)
        } else {
            1
        };
        let targets: Vec<_> = references.iter().filter_map(|id| self.targets.get(id).copied()).collect();
        let mut extent = Extent { elements: 1, nesting: 0 };
        let children = node.children().filter(|child| child.is_element()).map(|child| (child, 1));
        for (inner, times) in children.chain(targets.into_iter().map(|target| (target, corners as u64))) {
            let Extent { elements, nesting } = self.of(inner, level + 1);
            extent.elements = extent.elements.saturating_add(elements.saturating_mul(times));
            extent.nesting = extent.nesting.max(nesting);
        }
        extent.nesting = extent.nesting.saturating_add(1);
        self.known.insert(node.id(), extent);
        extent
    }

    fn read_stylesheet(&mut self, text: &'d str) {
        for rule in text.split('}') {
            let Some((selectors, declarations)) = rule.split_once('{') else { continue };
            let references: Vec<&str> = urls(declarations).collect();
            for selector in selectors.split(',').map(str::trim).filter(|_| !references.is_empty()) {
                match selector.strip_prefix('.') {
                    Some(class) if class.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) => {
                        self.of_class.entry(class).or_default().extend(&references);
                    }
                    _ => self.of_all.extend(&references),
                }
            }
        }
    }
}

/// The names in `url(#name)`.
fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.split("url(").skip(1).filter_map(|rest| {
        let inside = rest.split(')').next()?.trim().trim_matches(['"', '\'']);
        inside.trim().strip_prefix('#')
    })
}
