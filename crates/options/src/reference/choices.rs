//! Where Cloudflare's documentation is silent, or says two things: what is done here.

/// One such place.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// A name for links, in lower case and hyphens.
    pub id: &'static str,
    /// What is not said there.
    pub question: &'static str,
    /// What is done here.
    pub answer: &'static str,
    /// The options it is about; none where it is about all.
    pub options: &'static [&'static str],
}

const fn choice(
    id: &'static str,
    options: &'static [&'static str],
    question: &'static str,
    answer: &'static str,
) -> Choice {
    Choice { id, question, answer, options }
}

/// All of them.
pub static CHOICES: &[Choice] = &[
    choice(
        "unknown-options",
        &[],
        "What becomes of an option that does not exist?",
        "It is passed over, and the answer has a warning with its name. The command line refuses it, and presets are not \
         loaded with one.",
    ),
    choice(
        "repeated-options",
        &[],
        "An option stands twice, or once by its name and once by its alias: which one counts?",
        "The last one, with a warning. Layers are the exception: several draw options add up.",
    ),
    choice(
        "bad-numbers",
        &[],
        "What becomes of text where a number belongs?",
        "In a URL the option is ignored with a warning, so that a page with a typing error still shows its picture. In \
         JSON, which a program wrote, it is an error. A number that is out of range is an error in both.",
    ),
    choice(
        "commas-in-colors",
        &["background", "trim.border.color", "border.color"],
        "Options are separated by commas, and so are the numbers of rgb(). How does a color get through?",
        "Parentheses keep a value together: rgb(255,0,0) needs no escape. The form with spaces, as %20, and escaped commas \
         are read too.",
    ),
    choice(
        "collapsed-slashes",
        &[],
        "Proxies make https:/host of https://host. Is that still a source?",
        "Yes, and so is a source that was percent-encoded as a whole.",
    ),
    choice(
        "gamma-direction",
        &["gamma"],
        "Does a gamma below 1 lighten or darken? Older and newer texts contradict each other.",
        "It lightens: out = in ^ gamma on values from 0 to 1, as in the newest text. Black and white stay.",
    ),
    choice(
        "order",
        &["blur", "sharpen", "brightness", "contrast", "saturation", "gamma", "background"],
        "In which order do filters apply?",
        "EXIF orientation, trim, flip, rotate, crop and resize, canvas and background, sharpen, blur, brightness, contrast, \
         saturation, gamma, border, layers. The order in which options are written makes no difference.",
    ),
    choice(
        "tolerance",
        &["trim.border.tolerance"],
        "Does a larger tolerance cut more or less?",
        "More: it is how far a color may be from the border's and still belong to it, per channel. 10 where nothing is said.",
    ),
    choice(
        "dpr-and-trim",
        &["dpr", "trim"],
        "Trim takes dpr into account: all of it?",
        "Lengths in pixels are multiplied, fractions are not, and neither is trim.border.keep.",
    ),
    choice(
        "largest-dpr",
        &["dpr"],
        "The documented maximum is 2, an observed warning says 3.",
        "Values up to 3 are taken; larger ones count as 3, with that warning.",
    ),
    choice(
        "auto-and-dpr",
        &["width", "dpr", "wbreakpoints"],
        "How do a client's device pixels enter width=auto?",
        "The viewport's width times Sec-CH-DPR is moved up to the next breakpoint. Where the options have a dpr of their own, \
         the hint is left alone, and that dpr multiplies the width afterwards.",
    ),
    choice(
        "resampling",
        &["width", "height", "upscale"],
        "Which filter resizes, and on which values?",
        "Lanczos with three lobes, on premultiplied linear light. gpu.working = \"srgb\" in the configuration averages \
         encoded values instead.",
    ),
    choice(
        "rounding",
        &["width", "height", "fit"],
        "How is the side rounded that follows from the other?",
        "To the nearest pixel, halves up, and never to less than one.",
    ),
    choice(
        "crop-on-one-axis",
        &["fit"],
        "What does fit=crop do with a source that is smaller than the box on one side only?",
        "It is cropped on the other side and scaled on neither.",
    ),
    choice(
        "focal-points",
        &["gravity"],
        "How are entropy and box-center meant, which only the types mention?",
        "entropy keeps the window of the picture whose luminance has the largest entropy. box-center puts the crop's middle \
         on the point, as far as the edges allow; a plain point shares out what is cut off.",
    ),
    choice(
        "soft-edges",
        &["segment", "segment-refine"],
        "Which color has a pixel that is half foreground, half background?",
        "The foreground's own, estimated from its neighborhood, so that no fringe of the old background is left. Cloudflare's \
         service was seen to keep the picture's color; segment-refine=off does that.",
    ),
    choice(
        "bars-and-frames",
        &["fit", "background", "border"],
        "Which colors hold where none is given?",
        "White for the bars of fit=pad and under a format without transparency, black for a frame.",
    ),
    choice(
        "blur-and-alpha",
        &["blur"],
        "Does blur smear the colors of transparent pixels?",
        "No: values are premultiplied with alpha while they are averaged. Two boxes per axis whose half-widths add up to the \
         radius make the blur.",
    ),
    choice(
        "perceptual-qualities",
        &["quality", "slow-connection-quality"],
        "Which numbers do high, medium-high, medium-low and low stand for?",
        "90, 70, 50 and 35, for every format.",
    ),
    choice(
        "onerror-status",
        &["onerror"],
        "With which status does onerror=redirect lead to the source?",
        "307, with the error's code still in the header Cf-Resized.",
    ),
    choice(
        "redirects",
        &[],
        "How many redirects of an origin are followed?",
        "5, unless origins.redirects says otherwise, and only to hosts that may be read.",
    ),
];
