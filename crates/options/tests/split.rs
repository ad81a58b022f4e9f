//! Where options end and what source follows them.

use tintype_options::OptionsError;
use tintype_options::url::{Source, split};

#[test]
fn sources() {
    let path = |text: &'static str| Source::Path(text.into());
    let url = |text: &'static str| Source::Url(text.into());
    let table = [
        // Paths on the zone.
        ("w=1/photo.jpg", path("photo.jpg")),
        ("w=1/a/b/photo.jpg?v=1&w=2", path("a/b/photo.jpg?v=1&w=2")),
        ("w=1//photo.jpg", path("photo.jpg")),
        ("w=1///evil.example/photo.jpg", path("evil.example/photo.jpg")),
        ("w=1/a%20b.jpg", path("a%20b.jpg")),
        ("w=1/a%2Fb/c.jpg", path("a%2Fb/c.jpg")),
        ("w=1/a%2Fb%2Fc.jpg", path("a/b/c.jpg")),
        ("w=1/%2Fa%2fb.jpg", path("a/b.jpg")),
        ("w=1/a/b.jpg%3Fv%3D1%26w=2", path("a/b.jpg?v=1&w=2")),
        ("w=1/a/b.jpg%3Fv?x", path("a/b.jpg%3Fv?x")),
        ("w=1/?x", path("?x")),
        ("w=1/a/https://h/b.jpg", path("a/https://h/b.jpg")),
        // Absolute URLs.
        ("w=1/https://h.example/p.jpg", url("https://h.example/p.jpg")),
        ("w=1/http://h.example/p.jpg?v=1", url("http://h.example/p.jpg?v=1")),
        ("w=1/HTTPS://H.example/p.jpg", url("https://H.example/p.jpg")),
        ("w=1/https://h.example:8443/p.jpg", url("https://h.example:8443/p.jpg")),
        ("w=1/https://[::1]/p.jpg", url("https://[::1]/p.jpg")),
        ("w=1/https://h.example", url("https://h.example")),
        ("w=1//https://h.example/p.jpg", url("https://h.example/p.jpg")),
        ("w=1/%2Fhttps:%2F%2Fh.example%2Fp.jpg", url("https://h.example/p.jpg")),
        // As proxies leave them.
        ("w=1/https:/h.example/p.jpg", url("https://h.example/p.jpg")),
        ("w=1/https:///h.example/p.jpg", url("https://h.example/p.jpg")),
        // As encoders leave them.
        ("w=1/https:%2F%2Fh.example%2Fp.jpg", url("https://h.example/p.jpg")),
        ("w=1/https%3A%2F%2Fh.example%2Fp.jpg%3Fv%3D1", url("https://h.example/p.jpg?v=1")),
        ("w=1/https%3a%2f%2fh.example%2fp.jpg?v=1%20", url("https://h.example/p.jpg?v=1%20")),
        ("w=1/https%3A//h.example/p.jpg", url("https://h.example/p.jpg")),
        ("w=1/https%3A%2F%2Fh.example%2Fa%2520b.jpg", url("https://h.example/a%20b.jpg")),
        ("w=1/https%3A%2F%2Fh.example%2Fa%20b%23%C3%A9.jpg", url("https://h.example/a%20b%23%C3%A9.jpg")),
        ("w=1/https://h.example/p.jpg%3Fv=1", url("https://h.example/p.jpg?v=1")),
        ("w=1/https://h.example/a%2Fb.jpg", url("https://h.example/a%2Fb.jpg")),
    ];
    for (text, expected) in table {
        let (options, source) = split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((options, source), ("w=1", expected), "{text}");
    }
}

#[test]
fn options_end_at_the_first_slash() {
    assert_eq!(split("background=rgb(1,2,3),w=1/p.jpg").map(|(options, _)| options), Ok("background=rgb(1,2,3),w=1"));
    assert_eq!(split("/p.jpg").map(|(options, _)| options), Ok(""), "for `parse` to refuse");
}

#[test]
fn no_source() {
    for text in ["", "w=1", "w=1/"] {
        assert!(matches!(split(text), Err(OptionsError::NoSource { .. })), "{text}");
    }
    let wrong = [
        "w=1/ftp://h/p.jpg",
        "w=1/file:///etc/passwd",
        "w=1/data:image/png;base64,AAAA",
        "w=1/javascript:alert(1)",
        "w=1/data%3Aimage%2Fpng",
        "w=1/https:p.jpg",
        "w=1/https:",
        "w=1/https://",
        "w=1/https:///",
        "w=1/https:///@h/p.jpg",
        "w=1/https://%68/p.jpg",
        "w=1/https:%2F%2F",
        "w=1/a b.jpg",
        "w=1/é.jpg",
        "w=1/a\tb.jpg",
        "w=1///",
        r"w=1/\\evil.example/p.jpg",
        "w=1//data:image/png",
        "w=1/%2F",
    ];
    for text in wrong {
        assert!(matches!(split(text), Err(OptionsError::Source { .. })), "{text}: {:?}", split(text));
    }
}
