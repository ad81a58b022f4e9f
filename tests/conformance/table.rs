//! What a row of the tables is made of.

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value as it should be.
    Legal,
    /// The ends of the range, and what lies at them.
    Boundary,
    /// A value that is not taken as it is.
    Illegal,
    /// Another name.
    Alias,
    /// More than once, or beside its alias.
    Repeated,
}

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// `/cdn-cgi/image/…`
    Url,
    /// `/image?…`, for which the URL's rules hold.
    Query,
    /// `cf.image`
    Worker,
    /// `POST /transform`
    Binding,
}

/// All of them.
pub(crate) const FACES: [Face; 4] = [Face::Url, Face::Query, Face::Worker, Face::Binding];

/// Width and height.
pub(crate) type Sides = (u32, u32);

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    /// A picture of this size, about which there is nothing to say.
    Picture(Sides),
    /// A picture of this size, and a warning that has this text.
    Warned(Sides, &'static str),
    /// Bare samples: the media type and so many bytes a pixel, of the whole picture.
    Raw(&'static str),
    /// No picture: status, code, part of the message.
    Refused(u16, u16, &'static str),
    /// No picture but a redirect: part of its target. The code is 9404.
    Redirect(&'static str),
}

impl Expected {
    /// Whether options alone say that it is odd: not the picture, which the sizes of a box mean something for, not the face,
    /// whose parser does not know who asks, and not the parts that there are.
    pub(crate) fn is_about_options(self) -> bool {
        match self {
            Self::Warned(_, text) => ![
                "needs both",
                "too large for AVIF",
                "gain map dropped",
                "on cf.image",
                "only cf.image",
                "no effect without",
            ]
            .iter()
            .any(|of| text.contains(of)),
            Self::Refused(400, 9401, text) => {
                !text.starts_with("trim leaves") && text != "not installed" && !text.starts_with("tintype models")
            }
            // What is wrong with a form.
            Self::Refused(400, 9424, _) | Self::Refused(415, 9520, "output_format") => true,
            _ => false,
        }
    }
}

/// Part of a side: from, to.
pub(crate) type Span = (f64, f64);

/// Where to look, besides at the size.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// The part across and down of the source, a position map.
    Shows(Span, Span),
    /// A pixel, and how far each sample may be off.
    Pixel(Sides, [u8; 4], u8),
    /// The media type.
    Type(&'static str),
}

/// Options, and what becomes of them on each face.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// In the URL's spelling.
    pub(crate) url: &'static str,
    /// In JSON, without the braces around; worked out of `url` where not given.
    pub(crate) json: Option<&'static str>,
    /// The source's file.
    pub(crate) source: &'static str,
    /// What the client says about itself.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) looks: &'static [Look],
    /// For URL and query, `cf.image`, binding.
    expected: [Option<Expected>; 3],
}

impl Row {
    const fn new(kind: Kind, url: &'static str) -> Self {
        Self { kind, url, json: None, source: "map.png", headers: &[], looks: &[], expected: [None; 3] }
    }

    /// What becomes of it on a face; `None` where it is not sent there.
    pub(crate) fn on(&self, face: Face) -> Option<Expected> {
        match face {
            Face::Url | Face::Query => self.expected[0],
            Face::Worker => self.expected[1],
            Face::Binding => self.expected[2],
        }
    }

    /// The same everywhere.
    pub(crate) const fn all(self, expected: Expected) -> Self {
        Self { expected: [Some(expected); 3], ..self }
    }

    pub(crate) const fn url(mut self, expected: Expected) -> Self {
        self.expected[0] = Some(expected);
        self
    }

    pub(crate) const fn worker(mut self, expected: Expected) -> Self {
        self.expected[1] = Some(expected);
        self
    }

    pub(crate) const fn binding(mut self, expected: Expected) -> Self {
        self.expected[2] = Some(expected);
        self
    }

    /// In both kinds of JSON.
    pub(crate) const fn in_json(self, expected: Expected) -> Self {
        self.worker(expected).binding(expected)
    }

    /// Not sent as a URL: only JSON can say it.
    pub(crate) const fn only_json(mut self) -> Self {
        self.expected[0] = None;
        self
    }

    /// Not sent to the binding.
    pub(crate) const fn not_binding(mut self) -> Self {
        self.expected[2] = None;
        self
    }

    /// A picture of this size everywhere, about which there is nothing to say.
    pub(crate) const fn is(self, width: u32, height: u32) -> Self {
        self.all(Expected::Picture((width, height)))
    }

    /// A picture of this size everywhere, with a warning.
    pub(crate) const fn warns(self, width: u32, height: u32, text: &'static str) -> Self {
        self.all(Expected::Warned((width, height), text))
    }

    /// 400 and 9401 everywhere.
    pub(crate) const fn refused(self, text: &'static str) -> Self {
        self.all(Expected::Refused(400, 9401, text))
    }

    /// A value that is no number: a picture of this size and a warning by URL, 400 and 9401 in JSON. Both name the option.
    pub(crate) const fn no_number(self, width: u32, height: u32, ignored: &'static str, option: &'static str) -> Self {
        self.url(Expected::Warned((width, height), ignored)).in_json(Expected::Refused(400, 9401, option))
    }

    pub(crate) const fn json(self, json: &'static str) -> Self {
        Self { json: Some(json), ..self }
    }

    pub(crate) const fn of(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    pub(crate) const fn by(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    pub(crate) const fn look(self, looks: &'static [Look]) -> Self {
        Self { looks, ..self }
    }
}

pub(crate) const fn legal(url: &'static str) -> Row {
    Row::new(Kind::Legal, url)
}

pub(crate) const fn boundary(url: &'static str) -> Row {
    Row::new(Kind::Boundary, url)
}

pub(crate) const fn illegal(url: &'static str) -> Row {
    Row::new(Kind::Illegal, url)
}

pub(crate) const fn alias(url: &'static str) -> Row {
    Row::new(Kind::Alias, url)
}

pub(crate) const fn repeated(url: &'static str) -> Row {
    Row::new(Kind::Repeated, url)
}

/// An option and its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// The full name.
    pub(crate) option: &'static str,
    pub(crate) rows: &'static [Row],
    /// Kinds of which there can be no row, and why.
    pub(crate) without: &'static [(Kind, &'static str)],
}

pub(crate) const fn subject(option: &'static str, rows: &'static [Row]) -> Subject {
    Subject { option, rows, without: &[] }
}

/// An option whose values are a few words: no range, so no ends of one.
pub(crate) const fn words(option: &'static str, rows: &'static [Row]) -> Subject {
    Subject { option, rows, without: &[(Kind::Boundary, "a few words have no ends")] }
}
