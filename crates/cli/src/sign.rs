//! `tintype sign`: a URL that proves who made it.

use std::{
    env,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use tintype::options::sign::{Form, Keys, Signing};
use tintype_server::{Config, Overrides, config::Interval};

use crate::{args::SignArgs, failure::usage, show};

/// What stands in front of the part that is signed, and how that part is written.
const FORMS: [(&str, Form); 2] = [("/cdn-cgi/image/", Form::Path), ("/image?", Form::Query)];

pub(crate) fn run(args: &SignArgs) -> anyhow::Result<ExitCode> {
    let expires_unix_s = args.expires.as_deref().map(expiry).transpose()?;
    let environment = env::vars_os();
    let environment =
        environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::load(args.config.as_deref(), environment, &Overrides::new())?;
    let how = Signing { key: args.key.as_deref(), expires_unix_s };
    let url = signed(config.signing.keys.keys(), &args.url, how)?;
    show::out(format!("{url}\n").as_bytes())
}

fn signed(keys: &Keys, url: &str, how: Signing<'_>) -> anyhow::Result<String> {
    if keys.is_empty() {
        return Err(usage!("there is no key; [signing.keys] of the configuration file has names and secrets"));
    }
    // Whichever begins first: sources may hold the other.
    let found = FORMS.iter().filter_map(|(prefix, form)| Some((url.find(prefix)? + prefix.len(), *form)));
    let (at, form) = found
        .min_by_key(|(at, _)| *at)
        .ok_or_else(|| usage!("{url:?} is no URL of a picture: it has /cdn-cgi/image/OPTIONS/SOURCE or /image?…"))?;
    let (before, text) = url.split_at(at);
    let signed = keys.sign(form, text, how).map_err(|error| usage!("{error}"))?;
    Ok(before.to_owned() + &signed)
}

/// The Unix second that is so long from now.
fn expiry(text: &str) -> anyhow::Result<u64> {
    let Interval(from_now) = text.parse::<Interval>().map_err(|message| usage!("--expires: {message}"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    let then = now.checked_add(from_now).ok_or_else(|| usage!("--expires: {text:?} is too far away"))?;
    Ok(then.as_secs())
}

#[cfg(test)]
mod tests {
    use tintype::options::sign::Key;

    use super::*;

    fn keys() -> Keys {
        Keys::new([Key::new("web", "0123456789abcdef").unwrap()]).unwrap()
    }

    #[test]
    fn what_is_signed_is_good_and_the_rest_of_the_url_stays() {
        let how = Signing { key: Some("web"), expires_unix_s: Some(1000) };
        for (before, form, text) in [
            ("/cdn-cgi/image/", Form::Path, "w=400/photo.jpg"),
            ("https://h.example:8080/cdn-cgi/image/", Form::Path, "w=1/https://x.example/image?a=/cdn-cgi/image/"),
            ("http://h.example/image?", Form::Query, "url=a.jpg&w=400"),
        ] {
            let url = signed(&keys(), &format!("{before}{text}"), how).unwrap();
            let behind = url.strip_prefix(before).expect(before);
            assert_eq!(keys().verify(form, behind, 1000).as_deref(), Ok(text), "{url}");
            keys().verify(form, behind, 1001).unwrap_err();
        }
    }

    #[test]
    fn what_cannot_be_signed_is_said() {
        let how = Signing { key: Some("app"), ..Signing::default() };
        let error = |keys: &Keys, url: &str, how| signed(keys, url, how).unwrap_err().to_string();
        assert_eq!(error(&keys(), "/cdn-cgi/image/w=1/a.jpg", how), "no key is named \"app\"");
        assert!(error(&Keys::default(), "/cdn-cgi/image/w=1/a.jpg", how).contains("[signing.keys]"));
        assert!(error(&keys(), "https://h.example/a.jpg", Signing::default()).contains("/cdn-cgi/image/OPTIONS"));
        assert!(error(&keys(), "/cdn-cgi/image/w=1,sig=00/a.jpg", Signing::default()).contains("sig=00"));
        assert!(expiry("soon").unwrap_err().to_string().contains("\"30s\""));
        assert!(expiry("1h").unwrap() > 1_700_000_000);
    }
}
