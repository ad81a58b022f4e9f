//! What is there besides Cloudflare's options. Options that are only taken in more places than there are not listed: see
//! [`super::only_here`].

/// One such thing.
#[derive(Clone, Copy, Debug)]
pub struct Extension {
    /// What it is.
    pub title: &'static str,
    /// How it works.
    pub text: &'static str,
    /// How it is written.
    pub example: &'static str,
    /// The options it is about.
    pub options: &'static [&'static str],
}

/// All of them.
pub static EXTENSIONS: &[Extension] = &[
    Extension {
        title: "Layers in URLs",
        text: "draw takes pictures and texts in parentheses, each with options of its own, layers inside of layers included. \
               Cloudflare draws in Workers only.",
        example: "/cdn-cgi/image/width=800,draw=(url=logo.png,width=0.25,right=10,bottom=10)(text=Hello,size=24)/photo.jpg",
        options: &["draw"],
    },
    Extension {
        title: "Query form",
        text: "The same options as parameters, for programs that build queries anyway; url is the source.",
        example: "/image?url=photo.jpg&width=400&fit=cover",
        options: &[],
    },
    Extension {
        title: "Presets",
        text: "The section [presets] of the configuration names sets of options. The name stands in place of options, or as \
               preset=NAME among them. With server.presets_only nothing else is answered.",
        example: "/cdn-cgi/image/thumb/photo.jpg",
        options: &[],
    },
    Extension {
        title: "Signed URLs",
        text: "With keys in the section [signing], sig=… among the options proves who made a URL, and exp=… says until when it \
               is good. With signing.required nothing else is answered.",
        example: "/cdn-cgi/image/width=400,exp=1798761600,key=web,sig=HEX/photo.jpg",
        options: &[],
    },
    Extension {
        title: "Frames in URLs",
        text: "border and its parts are taken in URLs, written with semicolons.",
        example: "/cdn-cgi/image/width=400,border=black;3/photo.jpg",
        options: &["border", "border.color", "border.width"],
    },
    Extension {
        title: "Foregrounds by a model of choice, in their own colors",
        text: "segment-model names the model that tells the foreground. Soft edges lose the old background's color unless \
               segment-refine=off keeps the picture's. With format=json the answer has the mask, a gray PNG of the result's \
               size in a data: URL.",
        example: "/cdn-cgi/image/width=400,segment=foreground,segment-model=isnet,segment-refine=off/photo.jpg",
        options: &["segment", "segment-model", "segment-refine"],
    },
    Extension {
        title: "Crops centered on a point",
        text: "A point with ;box-center behind it puts the crop's middle there; Cloudflare's types have it in JSON only.",
        example: "/cdn-cgi/image/width=300,height=300,fit=cover,gravity=0.2x0.7;box-center/photo.jpg",
        options: &["gravity"],
    },
    Extension {
        title: "A PNG for certain",
        text: "format=png-force gives PNG where format=png is only a hint, and all its colors where a quality would give it a \
               palette.",
        example: "/cdn-cgi/image/width=400,format=png-force/photo.jpg",
        options: &["format", "quality"],
    },
    Extension {
        title: "Smaller JPEGs of the same quality",
        text: "quality-mode=perceptual chooses other quantisation tables for a JPEG, and leaves out what costs more bytes than can be \
               seen. At the same number it looks about as good as the standard's tables.",
        example: "/cdn-cgi/image/width=400,format=jpeg,quality-mode=perceptual/photo.jpg",
        options: &["quality-mode", "quality"],
    },
    Extension {
        title: "Drawings as pixels",
        text: "An SVG is passed on, cleaned, as Cloudflare does. Where a format of pixels is asked for it is drawn at the size \
               that is asked for, scale-down included, without texts and without anything from outside of it.",
        example: "/cdn-cgi/image/width=400,format=webp/logo.svg",
        options: &["format"],
    },
    Extension {
        title: "Wide gamuts",
        text: "color=keep leaves the result in the source's primaries, with a profile, where Cloudflare's is sRGB.",
        example: "/cdn-cgi/image/width=400,color=keep/photo.jpg",
        options: &["color", "format"],
    },
    Extension {
        title: "Gain maps",
        text: "hdr=keep keeps the gain map of an Ultra HDR photo: it is cropped, turned and resized with the picture. Cloudflare's \
               results are SDR, and so are ours without it.",
        example: "/cdn-cgi/image/width=400,format=jpeg,hdr=keep/photo.jpg",
        options: &["hdr", "format", "color"],
    },
    Extension {
        title: "Metadata in PNG, WebP and AVIF",
        text: "metadata=copyright and metadata=keep, where they are asked for, keep EXIF in PNG, WebP and AVIF too. keep keeps \
               XMP as well.",
        example: "/cdn-cgi/image/width=400,format=webp,metadata=copyright/photo.jpg",
        options: &["metadata", "format"],
    },
    Extension {
        title: "BMP and TIFF",
        text: "With limits.extra_inputs in the configuration they are read. Without it they are refused, as by Cloudflare.",
        example: "/cdn-cgi/image/width=400/scan.tiff",
        options: &[],
    },
    Extension {
        title: "Timings",
        text: "Answers have the header Server-Timing with milliseconds for fetch, decode, plan, gpu, encode and total.",
        example: "Server-Timing: fetch;dur=1.204, decode;dur=8.530, …",
        options: &[],
    },
];
