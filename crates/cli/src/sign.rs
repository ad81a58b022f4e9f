//! `tintype sign`: a URL that proves who made it.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use tintype::options::sign::{Form, Keys, Signing};
use tintype_hosted::{
    DeliveryPath,
    signing::{self, Life},
};
use tintype_server::{Config, config::Interval};

use crate::{args::SignArgs, failure::usage, hosted::open, show};

/// What stands in front of the part that is signed, and how that part is written.
const FORMS: [(&str, Form); 2] = [("/cdn-cgi/image/", Form::Path), ("/image?", Form::Query)];

pub(crate) fn run(args: &SignArgs) -> anyhow::Result<ExitCode> {
    let expires_unix_s = args.expires.as_deref().map(expiry).transpose()?;
    let config = open::config(args.config.as_deref(), args.data.as_deref())?;
    if let Some(found) = delivery(&args.url) {
        let life = expires_unix_s
            .map_or(Life::Endless, |unix_s| Life::Until { unix_s: i64::try_from(unix_s).unwrap_or(i64::MAX) });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the database cannot be asked")?;
        let url = runtime.block_on(signed_delivery(&config, &args.url, found, args.key.as_deref(), life))?;
        return show::out(format!("{url}\n").as_bytes());
    }
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
    let (at, form) = found.min_by_key(|(at, _)| *at).ok_or_else(|| {
        usage!("{url:?} is no URL of a picture: it has /cdn-cgi/image/OPTIONS/SOURCE, /image?… or /HASH/ID/VARIANT")
    })?;
    let (before, text) = url.split_at(at);
    let signed = keys.sign(form, text, how).map_err(|error| usage!("{error}"))?;
    Ok(before.to_owned() + &signed)
}

/// Where the path begins in a URL that delivers a stored image, `https://host/HASH/ID/VARIANT`, and that; none in other URLs.
fn delivery(url: &str) -> Option<(usize, DeliveryPath<'_>)> {
    let at = match url.split_once("://") {
        Some((scheme, rest)) => scheme.len() + 3 + rest.find('/')?,
        None => 0,
    };
    Some((at, DeliveryPath::parse(&url[at..])?))
}

/// Signs the path of `url`, which begins at `at` and is `way`, with a key of the account that it names.
async fn signed_delivery(
    config: &Config,
    url: &str,
    (at, way): (usize, DeliveryPath<'_>),
    key: Option<&str>,
    life: Life,
) -> anyhow::Result<String> {
    let (before, path) = url.split_at(at);
    if path.contains(['?', '#']) {
        return Err(usage!("{url:?} has a query already; only URLs without one are signed"));
    }
    if way.variant.contains('=') {
        return Err(usage!("{url:?}: private images are delivered in named variants only, not by options"));
    }
    let (hosted, _first) = open::images(config).await?;
    let account = hosted.account_of_hash(way.hash).await?;
    let name = key.unwrap_or("default");
    let keys = hosted.keys(&account.id).await?;
    let names: Vec<_> = keys.iter().map(|key| key.name.clone()).collect();
    let key = keys.into_iter().find(|key| key.name == name);
    let key = key.ok_or_else(|| usage!("no signing key is named {name:?}; there are {}", names.join(", ")))?;
    Ok(format!("{before}{}", signing::sign(&key.value, path, life)))
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
    fn urls_that_deliver_stored_images_are_known() {
        for (url, path) in [
            ("/ZWd9g1K7eljCn_KDTu_MWA/id/public", Some("/ZWd9g1K7eljCn_KDTu_MWA/id/public")),
            ("https://a.b/ZWd9g1K7eljCn_KDTu_MWA/a/b/public", Some("/ZWd9g1K7eljCn_KDTu_MWA/a/b/public")),
            (
                "http://a.b:1/cdn-cgi/imagedelivery/ZWd9g1K7eljCn_KDTu_MWA/id/public",
                Some("/cdn-cgi/imagedelivery/ZWd9g1K7eljCn_KDTu_MWA/id/public"),
            ),
            ("/ZWd9g1K7eljCn_KDTu_MWA/public", None),
            ("/cdn-cgi/image/w=1/a.jpg", None),
            ("https://h.example/a.jpg", None),
            ("https://h.example", None),
            ("", None),
        ] {
            assert_eq!(delivery(url).map(|(at, _way)| &url[at..]), path, "{url}");
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
