//! What depends on the client and on HTTP: little of it means anything to the Images binding, which has no client.
//! And what becomes of options that there are not.

use super::table::{Expected, Look, Row, Subject, alias, boundary, illegal, legal, repeated, subject, words};
use Expected::{Picture, Redirect, Refused, Warned};

/// A subject of no option.
pub(crate) const UNKNOWN: &str = "an option that there is not";

const ALL: (u32, u32) = (240, 160);
const SLOW: &[(&str, &str)] = &[("save-data", "on")];
const VIEWPORT: &[(&str, &str)] = &[("sec-ch-viewport-width", "100")];
const PHONE: &[(&str, &str)] = &[("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)")];

/// The row where the binding is told something that means nothing to it.
const fn idle(row: Row, text: &'static str) -> Row {
    row.binding(Warned(ALL, text))
}

pub(crate) const SUBJECTS: &[Subject] = &[
    subject(
        "slow-connection-quality",
        &[
            idle(
                legal("slow-connection-quality=20").is(240, 160),
                "slow-connection-quality has no effect on the Images binding",
            ),
            legal("format=jpeg,slow-connection-quality=low").is(240, 160).not_binding().by(SLOW),
            boundary("slow-connection-quality=1").is(240, 160).not_binding().by(SLOW),
            boundary("slow-connection-quality=100").is(240, 160).not_binding().by(SLOW),
            illegal("slow-connection-quality=0").warns(240, 160, "slow-connection-quality '0' taken as 1"),
            illegal("slow-connection-quality=150").warns(240, 160, "slow-connection-quality '150' taken as 100"),
            illegal("slow-connection-quality=bad").no_number(
                240,
                160,
                "slow-connection-quality ignored, 'bad' is not",
                "slow-connection-quality",
            ),
            idle(alias("scq=20").is(240, 160), "slow-connection-quality has no effect on the Images binding"),
            repeated("slow-connection-quality=5,slow-connection-quality=20").warns(
                240,
                160,
                "slow-connection-quality is given more than once",
            ),
            repeated("scq=5,slow-connection-quality=20").warns(
                240,
                160,
                "slow-connection-quality is given more than once",
            ),
        ],
    ),
    subject(
        "wbreakpoints",
        &[
            legal("width=auto,wbreakpoints=60;120;200").is(120, 80).not_binding().by(VIEWPORT),
            // Their order makes no difference.
            legal("width=auto,wbreakpoints=200;120;60").is(120, 80).not_binding().by(VIEWPORT),
            idle(legal("wbreakpoints=60;120").is(240, 160), "wbreakpoints has no effect on the Images binding"),
            boundary("width=auto,wbreakpoints=100").is(100, 67).not_binding().by(VIEWPORT),
            boundary("width=auto,wbreakpoints=60;80").is(80, 53).not_binding().by(VIEWPORT),
            boundary("width=auto,wbreakpoints=1").is(1, 1).not_binding().by(VIEWPORT),
            illegal("wbreakpoints=60;wide").no_number(
                240,
                160,
                "wbreakpoints ignored, '60;wide' is not",
                "wbreakpoints",
            ),
            illegal("wbreakpoints=0").no_number(240, 160, "wbreakpoints ignored, '0' is not", "wbreakpoints"),
            illegal("wbreakpoints=60;").no_number(240, 160, "wbreakpoints ignored", "wbreakpoints"),
            illegal("wbreakpoints=").no_number(240, 160, "wbreakpoints ignored", "wbreakpoints"),
            repeated("width=auto,wbreakpoints=60,wbreakpoints=120")
                .warns(120, 80, "wbreakpoints is given more than once")
                .not_binding()
                .by(VIEWPORT),
        ],
    ),
    subject(
        "wmobile",
        &[
            legal("width=auto,wmobile=120").is(120, 80).not_binding().by(PHONE),
            legal("width=auto,wmobile=120").is(240, 160).not_binding(),
            idle(legal("wmobile=120").is(240, 160), "wmobile has no effect on the Images binding"),
            boundary("width=auto,wmobile=1").is(1, 1).not_binding().by(PHONE),
            boundary("width=auto,wmobile=4294967295").is(240, 160).not_binding().by(PHONE),
            illegal("wmobile=0").no_number(240, 160, "wmobile ignored, '0' is not", "wmobile"),
            illegal("wmobile=small").no_number(240, 160, "wmobile ignored, 'small' is not", "wmobile"),
            repeated("width=auto,wmobile=60,wmobile=120")
                .warns(120, 80, "wmobile is given more than once")
                .not_binding()
                .by(PHONE),
        ],
    ),
    subject(
        "wdesktop",
        &[
            legal("width=auto,wdesktop=120").is(120, 80).not_binding(),
            legal("width=auto,wdesktop=120").is(240, 160).not_binding().by(PHONE),
            idle(legal("wdesktop=120").is(240, 160), "wdesktop has no effect on the Images binding"),
            boundary("width=auto,wdesktop=1").is(1, 1).not_binding(),
            boundary("width=auto,wdesktop=4294967295").is(240, 160).not_binding(),
            illegal("wdesktop=0").no_number(240, 160, "wdesktop ignored, '0' is not", "wdesktop"),
            illegal("wdesktop=large").no_number(240, 160, "wdesktop ignored, 'large' is not", "wdesktop"),
            repeated("width=auto,wdesktop=60,wdesktop=120")
                .warns(120, 80, "wdesktop is given more than once")
                .not_binding(),
        ],
    ),
    words(
        "onerror",
        &[
            // Of a source that is there, it changes nothing.
            idle(legal("onerror=redirect").is(240, 160), "onerror has no effect on the Images binding")
                .worker(Warned(ALL, "onerror has no effect on cf.image")),
            legal("onerror=redirect").of("missing.png").url(Redirect("/missing.png")).worker(Refused(404, 9404, "")),
            illegal("onerror=hide").refused("onerror: \"hide\" is not \"redirect\""),
            illegal("onerror=true").refused("onerror: \"true\" is not"),
            illegal("onerror=").refused("onerror: \"\" is not"),
            repeated("onerror=redirect,onerror=redirect").warns(240, 160, "onerror"),
        ],
    ),
    words(
        "origin-auth",
        &[
            legal("origin-auth=share-publicly")
                .worker(Picture(ALL))
                .url(Warned(ALL, "origin-auth ignored, only cf.image of a Worker can ask for it"))
                .binding(Warned(ALL, "origin-auth has no effect on the Images binding")),
            illegal("origin-auth=private").refused("origin-auth: \"private\" is not \"share-publicly\""),
            illegal("origin-auth=true").refused("origin-auth: \"true\" is not"),
            repeated("origin-auth=share-publicly,origin-auth=share-publicly").warns(240, 160, "origin-auth"),
        ],
    ),
    subject(
        UNKNOWN,
        &[
            illegal("width=120,sepia=1").warns(120, 80, "unknown option 'sepia'"),
            illegal("width=120,Width=50").warns(120, 80, "unknown option 'Width'"),
            illegal("width=120,sepia=%22%0d%0aset-cookie:a").warns(120, 80, "unknown option 'sepia'"),
            illegal("width=120,s%C3%A9pia=1").warns(120, 80, "unknown option '").json(r#""width":120,"s\u00e9pia":1"#),
            illegal("width=120,sepia=").warns(120, 80, "unknown option 'sepia'"),
            illegal("width=120,x=1")
                .warns(120, 80, "unknown option 'x'")
                .only_json()
                .json(r#""width":120,"x":{"y":[1]}"#),
            // A name that a layer has, and no picture.
            illegal("width=120,opacity=0.5").warns(120, 80, "unknown option 'opacity'"),
            repeated("width=120,sepia=1,sepia=2")
                .warns(120, 80, "unknown option 'sepia'")
                .look(&[Look::Type("image/png")]),
        ],
    ),
];
