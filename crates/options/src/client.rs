//! What a client says about itself, and what that decides: the width of `width=auto`, and the quality of slow connections.
//!
//! [`resolve`] makes options that no longer depend on the client, and says which request headers it looked at. Browsers
//! send most of them only where a page asked for them: [`Announcement`] has the headers with which it does.

use crate::{TransformOptions, Width};

/// Widths that `width=auto` chooses from where `wbreakpoints` says nothing.
pub const BREAKPOINTS: [u32; 4] = [320, 768, 960, 1200];
/// The width of `width=auto` for phones without client hints, where `wmobile` says nothing.
pub const MOBILE_WIDTH: u32 = 768;
/// The width of `width=auto` for everything else without client hints, where `wdesktop` says nothing.
pub const DESKTOP_WIDTH: u32 = 1200;

const VIEWPORT_WIDTH: &str = "sec-ch-viewport-width";
const DPR: &str = "sec-ch-dpr";
const USER_AGENT: &str = "user-agent";
const CONNECTION: [&str; 4] = ["rtt", "save-data", "ect", "downlink"];

/// What a request's headers say about the client; absent where they say nothing, or nothing that can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints<'a> {
    /// `Sec-CH-Viewport-Width`: the width of the page in CSS pixels.
    pub viewport_width: Option<u32>,
    /// `Sec-CH-DPR`: device pixels per CSS pixel, above 0.
    pub dpr: Option<f64>,
    /// `RTT`: milliseconds there and back.
    pub rtt_ms: Option<f64>,
    /// `Save-Data: on`: whether the user asked for less.
    pub save_data: bool,
    /// `ECT`: what the connection feels like, such as `3g`.
    pub ect: Option<&'a str>,
    /// `Downlink`: megabits per second.
    pub downlink_mbps: Option<f64>,
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
}

impl<'a> Hints<'a> {
    /// Reads the headers of a request; `header` gives the value of a name in lower case.
    pub fn from_headers(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name| header(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        Self {
            // As a float first: browsers round, proxies and tests do not.
            viewport_width: number(VIEWPORT_WIDTH).map(|px| px.ceil() as u32).filter(|px| *px > 0),
            dpr: number(DPR).filter(|dpr| *dpr > 0.0),
            rtt_ms: number("rtt"),
            save_data: header("save-data").is_some_and(|value| value.trim().eq_ignore_ascii_case("on")),
            ect: header("ect").map(str::trim),
            downlink_mbps: number("downlink"),
            user_agent: header(USER_AGENT),
        }
    }

    /// Whether any hint says that the connection is slow: more than 150 ms there and back, data saving, 3G or worse, less
    /// than 5 Mbit/s.
    pub fn is_slow(&self) -> bool {
        self.save_data
            || self.rtt_ms.is_some_and(|ms| ms > 150.0)
            || self.ect.is_some_and(|ect| ["slow-2g", "2g", "3g"].iter().any(|slow| ect.eq_ignore_ascii_case(slow)))
            || self.downlink_mbps.is_some_and(|mbps| mbps < 5.0)
    }

    fn is_phone(&self) -> bool {
        self.user_agent.is_some_and(|agent| agent.contains("iPhone") || agent.contains("Android"))
    }
}

/// Options for one client.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The options: without `width=auto` and without what only decides for clients, so that clients for whom the same
    /// was decided have the same options.
    pub options: TransformOptions,
    /// Names of the request headers that were looked at, in lower case: what the answer varies on.
    pub vary: Vec<&'static str>,
}

/// Decides what depends on the client.
///
/// `width=auto` becomes the smallest breakpoint that is not below the viewport's width in device pixels, or the largest one
/// where the viewport is wider than all; without hints it goes by the kind of device. Device pixels are the viewport's
/// width times `Sec-CH-DPR`: Cloudflare does not say how that hint enters, and a picture that fills a sharp screen needs
/// them. Where the options have a `dpr` of their own the hint is left alone, because that `dpr` multiplies the width
/// afterwards.
pub fn resolve(options: &TransformOptions, hints: &Hints<'_>) -> Resolved {
    let mut options = options.clone();
    let mut vary = Vec::new();
    let breakpoints = std::mem::take(&mut options.breakpoints);
    let (wmobile, wdesktop) = (options.wmobile.take(), options.wdesktop.take());
    if options.width == Some(Width::Auto) {
        vary.push(VIEWPORT_WIDTH);
        let px = match hints.viewport_width {
            Some(viewport) => {
                let ratio = match options.dpr {
                    Some(_) => 1.0,
                    None => {
                        vary.push(DPR);
                        hints.dpr.unwrap_or(1.0)
                    }
                };
                let breakpoints = if breakpoints.is_empty() { &BREAKPOINTS[..] } else { &breakpoints };
                snap(f64::from(viewport) * ratio, breakpoints)
            }
            None => {
                vary.push(USER_AGENT);
                match hints.is_phone() {
                    true => wmobile.unwrap_or(MOBILE_WIDTH),
                    false => wdesktop.unwrap_or(DESKTOP_WIDTH),
                }
            }
        };
        options.width = Some(Width::Px(px));
    }
    if let Some(quality) = options.slow_connection_quality.take() {
        vary.extend(CONNECTION);
        if hints.is_slow() {
            options.quality = Some(quality);
        }
    }
    Resolved { options, vary }
}

/// The smallest of ascending widths that is not below `px`, else the largest.
fn snap(px: f64, breakpoints: &[u32]) -> u32 {
    let enough = breakpoints.iter().find(|width| f64::from(**width) >= px);
    enough.or(breakpoints.last()).copied().unwrap_or(DESKTOP_WIDTH)
}

/// Response headers with which a page asks browsers for the hints that options need. They go with the page, not with the
/// picture; only Chromium heeds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// `accept-ch`: hints to send from now on.
    pub accept_ch: String,
    /// `critical-ch`: those worth asking for the page again; `None` where none is.
    pub critical_ch: Option<&'static str>,
    /// `permissions-policy`: who else but the page's own server may have them; `None` where there is nothing to share.
    pub permissions_policy: Option<String>,
}

impl Announcement {
    /// What `options` need, of pictures that come from `origin` (such as `https://img.example`); `None` where they depend on
    /// no hint.
    pub fn of(options: &TransformOptions, origin: &str) -> Option<Self> {
        const SIZE: &str = "sec-ch-viewport-width, sec-ch-dpr";
        let is_auto = options.width == Some(Width::Auto);
        let mut hints = Vec::new();
        if is_auto {
            hints.push(SIZE);
        }
        if options.slow_connection_quality.is_some() {
            hints.extend(CONNECTION);
        }
        // A quotation mark would end the string that the origin is written in.
        let origin = origin.replace(['"', '\\'], "");
        (!hints.is_empty()).then(|| Self {
            accept_ch: hints.join(", "),
            critical_ch: is_auto.then_some(SIZE),
            permissions_policy: is_auto
                .then(|| format!("ch-dpr=(self \"{origin}\"), ch-viewport-width=(self \"{origin}\")")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quality, canonical, url};

    fn options(text: &str) -> TransformOptions {
        url::parse(text).expect("legal options").options
    }

    fn resolved(text: &str, hints: &Hints<'_>) -> (String, Vec<&'static str>) {
        let resolved = resolve(&options(text), hints);
        (canonical::to_string(&resolved.options), resolved.vary)
    }

    fn viewport(px: u32) -> Hints<'static> {
        Hints { viewport_width: Some(px), ..Hints::default() }
    }

    #[test]
    fn viewports_snap_up() {
        let table = [(280, 320), (320, 320), (321, 768), (500, 768), (960, 960), (961, 1200), (1500, 1200), (0, 320)];
        for (px, expected) in table {
            assert_eq!(resolved("w=auto", &viewport(px)).0, format!("width={expected}"), "{px}");
        }
        let with = "w=auto,wbreakpoints=640;320,wmobile=5,wdesktop=6,h=9";
        assert_eq!(resolved(with, &viewport(500)).0, "width=640,height=9");
        assert_eq!(resolved(with, &viewport(5000)).0, "width=640,height=9");
    }

    #[test]
    fn device_pixels_are_what_is_snapped() {
        let sharp = Hints { dpr: Some(2.0), ..viewport(400) };
        assert_eq!(resolved("w=auto", &sharp).0, "width=960");
        assert_eq!(resolved("w=auto,dpr=2", &sharp).0, "width=768,dpr=2", "multiplied later");
        assert_eq!(resolved("w=auto", &Hints { dpr: Some(1.5), ..viewport(640) }).0, "width=960");
        assert_eq!(resolved("w=auto", &Hints { dpr: Some(f64::MAX), ..viewport(640) }).0, "width=1200");
    }

    #[test]
    fn without_hints_it_is_the_device() {
        let agent = |agent| Hints { user_agent: Some(agent), ..Hints::default() };
        let phones = ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)", "Mozilla/5.0 (Linux; Android 16; K)"];
        for phone in phones {
            assert_eq!(resolved("w=auto", &agent(phone)).0, "width=768");
            assert_eq!(resolved("w=auto,wmobile=640", &agent(phone)).0, "width=640");
        }
        for other in [agent("Mozilla/5.0 (X11; Linux x86_64)"), Hints::default()] {
            assert_eq!(resolved("w=auto", &other).0, "width=1200");
            assert_eq!(resolved("w=auto,wdesktop=1600", &other).0, "width=1600");
        }
    }

    #[test]
    fn slow_connections() {
        let hints = Hints::default();
        let slow = [
            Hints { rtt_ms: Some(151.0), ..hints },
            Hints { save_data: true, ..hints },
            Hints { ect: Some("slow-2g"), ..hints },
            Hints { ect: Some("2g"), ..hints },
            Hints { ect: Some("3G"), ..hints },
            Hints { downlink_mbps: Some(4.9), ..hints },
        ];
        for hints in slow {
            assert_eq!(resolved("q=80,scq=low", &hints).0, "quality=low", "{hints:?}");
            assert_eq!(resolved("q=80", &hints), ("quality=80".into(), vec![]));
        }
        let fast = [
            hints,
            Hints { rtt_ms: Some(150.0), ect: Some("4g"), downlink_mbps: Some(5.0), ..hints },
            Hints { ect: Some("5g"), ..hints },
        ];
        for hints in fast {
            assert_eq!(resolved("q=80,scq=low", &hints).0, "quality=80", "{hints:?}");
        }
        assert_eq!(resolve(&options("scq=50"), &slow[0]).options.quality, Some(Quality::Number(50)));
    }

    #[test]
    fn answers_vary_on_what_was_looked_at() {
        let none = Hints::default();
        assert_eq!(resolved("w=100,wmobile=5", &viewport(1)), ("width=100".into(), vec![]));
        assert_eq!(resolved("w=auto", &viewport(1)).1, ["sec-ch-viewport-width", "sec-ch-dpr"]);
        assert_eq!(resolved("w=auto,dpr=1", &viewport(1)).1, ["sec-ch-viewport-width"]);
        assert_eq!(resolved("w=auto", &none).1, ["sec-ch-viewport-width", "user-agent"]);
        assert_eq!(resolved("scq=5", &none).1, ["rtt", "save-data", "ect", "downlink"]);
    }

    #[test]
    fn headers() {
        let headers = [
            ("sec-ch-viewport-width", "411.5"),
            ("sec-ch-dpr", " 2.625"),
            ("rtt", "50"),
            ("save-data", "On"),
            ("ect", " 4g"),
            ("downlink", "nan"),
            ("user-agent", "x"),
        ];
        let find = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let expected = Hints {
            viewport_width: Some(412),
            dpr: Some(2.625),
            rtt_ms: Some(50.0),
            save_data: true,
            ect: Some("4g"),
            downlink_mbps: None,
            user_agent: Some("x"),
        };
        assert_eq!(Hints::from_headers(find), expected);
        assert_eq!(Hints::from_headers(|_| None), Hints::default());
        let odd = Hints { downlink_mbps: Some(0.0), rtt_ms: Some(0.0), ..Hints::default() };
        assert_eq!(Hints::from_headers(|name| (name != "ect" && name != "user-agent").then_some("0")), odd);
    }

    #[test]
    fn announcements() {
        let of = |text| Announcement::of(&options(text), "https://img.example");
        assert_eq!(of("w=100,q=50"), None);
        let auto = of("w=auto,scq=50").expect("depends on hints");
        assert_eq!(auto.accept_ch, "sec-ch-viewport-width, sec-ch-dpr, rtt, save-data, ect, downlink");
        assert_eq!(auto.critical_ch, Some("sec-ch-viewport-width, sec-ch-dpr"));
        let policy = "ch-dpr=(self \"https://img.example\"), ch-viewport-width=(self \"https://img.example\")";
        assert_eq!(auto.permissions_policy.as_deref(), Some(policy));
        let slow = of("scq=50").expect("depends on hints");
        assert_eq!((slow.accept_ch.as_str(), slow.critical_ch), ("rtt, save-data, ect, downlink", None));
    }
}
