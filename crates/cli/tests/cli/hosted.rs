//! `tintype hosted`: accounts and tokens, imports and exports, and servers that share everything.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tintype_testkit::{Postgres, S3};

#[cfg(unix)]
use super::serve::Serving;
use super::{folder, has_gpu, program, ran, run, samples, tree};

#[test]
fn accounts_and_tokens() {
    let folder = folder();
    let hosted = |arguments: &str| run(folder.path(), &format!("hosted {arguments} --data stored"));
    let first = hosted("account --json").ok().json();
    let (account, token) = (first["account"].as_str().unwrap(), first["token"].as_str().unwrap());
    assert_eq!((account.len(), first["hash"].as_str().unwrap().len(), first["images"].as_u64()), (32, 22, Some(0)));
    assert!(first["api"].as_str().unwrap().ends_with(&format!("/client/v4/accounts/{account}/images")));
    let again = hosted("account").ok();
    assert!(again.text().contains(account) && !again.text().contains(token), "{}", again.text());

    let made = hosted("token create laptop --json").ok().json();
    let listed = hosted("token list --json").ok().json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["first", "laptop"]);
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));
    let id = made["id"].as_str().unwrap();
    assert!(hosted("token list").ok().text().contains(id));
    hosted(&format!("token revoke {id}")).ok();
    hosted(&format!("token revoke {id}")).fails(1, &["no token", id]);
    assert_eq!(hosted("token list --json").ok().json().as_array().unwrap().len(), 1);
}

#[test]
fn images_have_to_be_somewhere() {
    let folder = folder();
    run(folder.path(), "hosted account").fails(2, &["--data", "[hosted]"]);
    fs::write(folder.path().join("tintype.toml"), "[hosted]\ndata = 'x'\naccount = 'mine'\n").unwrap();
    run(folder.path(), "hosted account --config tintype.toml")
        .fails(2, &["tintype.toml:3", "\"mine\"", "32 hexadecimal"]);
}

/// Systems allow any bytes there, and who set them had other programs in mind.
#[cfg(unix)]
#[test]
fn variables_that_are_no_text_are_passed_over() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let folder = folder();
    let mut account = program(folder.path());
    account.args(["hosted", "account", "--data", "stored", "--json"]);
    let made = ran(account.env("LESS_TERMCAP", OsStr::from_bytes(b"\xff")).output().unwrap());
    assert_eq!(made.ok().json()["images"], 0);
}

/// What `tintype hosted ARGUMENTS --data stored --json` says.
fn said(folder: &Path, arguments: &str) -> Value {
    run(folder, &format!("hosted {arguments} --data stored --json")).json()
}

/// How many were done, skipped and failed.
fn counts(said: &Value) -> [u64; 3] {
    ["done", "skipped", "failed"].map(|name| said[name].as_u64().unwrap())
}

#[test]
fn folders_are_imported_and_exported() {
    let folder = folder();
    let path = folder.path();
    // Three pictures; a text, and a picture of a kind that is not read.
    let first = said(path, "import in --prefix shop/ --creator me");
    assert_eq!(counts(&first), [3, 1, 1], "{first}");
    assert_eq!(first["failures"][0]["name"], "drawing.jpg");
    assert_eq!(counts(&said(path, "import in --prefix shop/ --include *.jpg --include *.png")), [0, 2, 1]);
    // What has other bytes is replaced where that is asked for, and only that.
    fs::copy(samples().join("horse.png"), path.join("in/logo.png")).unwrap();
    assert_eq!(counts(&said(path, "import in --prefix shop/ --include *.png")), [0, 1, 0]);
    assert_eq!(
        counts(&said(path, "import in --prefix shop/ --include *.png --include rocket* --overwrite")),
        [1, 1, 0]
    );

    let exported = said(path, "export out");
    assert_eq!(counts(&exported), [3, 0, 0]);
    let files = ["images.jsonl", "shop/deep/er/noname.jpg", "shop/logo.png", "shop/rocket.jpg"];
    assert_eq!(tree(&path.join("out")), files);
    assert_eq!(fs::read(path.join("out/shop/logo.png")).unwrap(), fs::read(samples().join("horse.png")).unwrap());
    assert_eq!(counts(&said(path, "export out")), [0, 3, 0]);
    assert_eq!(counts(&said(path, "export out --overwrite")), [3, 0, 0]);

    // Into another service: under the same ids, with what was known.
    let other = run(path, "hosted import out --data other --json").ok().json();
    assert_eq!(counts(&other), [3, 0, 0]);
    run(path, "hosted export again --data other").ok();
    let list = |folder: &str| {
        let mut list: Vec<Value> = fs::read_to_string(path.join(folder).join("images.jsonl"))
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        list.sort_by_key(|image| image["id"].to_string());
        list
    };
    assert_eq!(list("again"), list("out"));
    let noname = &list("out")[0];
    assert_eq!((&noname["id"], &noname["filename"]), (&"shop/deep/er/noname".into(), &"noname".into()));
    assert_eq!((&noname["creator"], &noname["requireSignedURLs"]), (&"me".into(), &false.into()));

    // What is listed and not there is no success.
    fs::remove_file(path.join("out/shop/rocket.jpg")).unwrap();
    let torn = run(path, "hosted import out --data third --json");
    assert_eq!((torn.status, counts(&torn.json())), (Some(1), [2, 0, 1]));
    assert_eq!(torn.json()["failures"][0]["name"], "shop/rocket.jpg");
    assert_eq!(counts(&run(path, "hosted import out --data fourth --include *.png --json").ok().json()), [1, 0, 0]);
}

#[test]
fn imports_that_cannot_be_are_said() {
    let folder = folder();
    for (line, expected) in [
        ("hosted import none --data stored", &["\"none\""][..]),
        ("hosted import ftp://host/x --data stored", &["s3://BUCKET/PREFIX"]),
        ("hosted import in --data stored --include [", &["\"[\""]),
        ("hosted import in", &["--data"]),
        ("hosted export", &["DESTINATION"]),
    ] {
        run(folder.path(), line).fails(2, expected);
    }
}

/// An import from a bucket is killed again and again; it ends with everything there once.
#[cfg(unix)]
#[test]
fn an_import_that_is_killed_goes_on() {
    const IMAGES: usize = 400;
    let (s3, folder) = (S3::start(), tempfile::tempdir().unwrap());
    let pictures = s3.bucket("shop").join("originals");
    fs::create_dir_all(&pictures).unwrap();
    for n in 0..IMAGES {
        let picture = image::RgbImage::from_pixel(8 + n as u32 % 7, 5, image::Rgb([n as u8, (n / 256) as u8, 9]));
        picture.save(pictures.join(format!("p{n:03}.png"))).unwrap();
    }
    let start = |line: &str| {
        let mut command = program(folder.path());
        command.args(line.split(' ')).envs(s3.environment()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let blobs = folder.path().join("stored/blobs/images");
    let (mut kills, mut seen) = (0, 0);
    while seen < IMAGES / 2 {
        let mut child = start("hosted import s3://shop/originals --data stored");
        while tree(&blobs).len() < seen + 40 {
            thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        seen = tree(&blobs).len();
        kills += 1;
    }
    let ended = start("hosted import s3://shop/originals --data stored --json").wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap();
    println!("{kills} kills; then {told}");
    assert!(kills >= 3 && told["done"].as_u64().unwrap() > 0 && told["skipped"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(counts(&told)[0] + counts(&told)[1], IMAGES as u64);
    assert_eq!(said(folder.path(), "account")["images"], IMAGES);

    // Out again, into a bucket, killed once.
    let exported = s3.bucket("backup");
    let mut child = start("hosted export s3://backup/images --data stored");
    while tree(&exported).len() < 60 {
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let ended = start("hosted export s3://backup/images --data stored --json").wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert!(counts(&told)[1] > 0 && counts(&told)[0] + counts(&told)[1] == IMAGES as u64, "{told}");
    for n in 0..IMAGES {
        let name = format!("p{n:03}.png");
        assert_eq!(fs::read(exported.join("images").join(&name)).unwrap(), fs::read(pictures.join(&name)).unwrap());
    }
}

/// A request of the API, and its whole answer.
#[cfg(unix)]
fn ask(server: &Serving, method: &str, path: &str, token: &str, content_type: &str, body: &[u8]) -> (u16, Value) {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = server.send(&[head.as_bytes(), body].concat());
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn two_servers_on_one_database_and_one_bucket_are_one_service() {
    if !has_gpu() {
        return;
    }
    let (s3, postgres, folder) = (S3::start(), Postgres::start(), folder());
    s3.bucket("images");
    let serve = || {
        let mut command = program(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("TINTYPE_MODELS", folder.path());
        command.envs(s3.environment()).env("TINTYPE_HOSTED__DATABASE", postgres.url());
        command.env("TINTYPE_HOSTED__BLOBS", "s3://images/of/all").env("TINTYPE_HOSTED__TOKEN", "the-token");
        command.env("TINTYPE_HOSTED__ACCOUNT", "a".repeat(32)).stdout(Stdio::null());
        Serving::start(command)
    };
    let servers = [serve(), serve()];
    let api = format!("/client/v4/accounts/{}/images", "a".repeat(32));
    let picture = fs::read(samples().join("logo.png")).unwrap();
    let mut form = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n".to_vec();
    form.extend(&picture);
    form.extend(b"\r\n--XX--\r\n");
    let mut slowest = Duration::ZERO;
    for turn in 0..10 {
        let (here, there) = (&servers[turn % 2], &servers[1 - turn % 2]);
        let (status, told) =
            ask(here, "POST", &format!("{api}/v1"), "the-token", "multipart/form-data; boundary=XX", &form);
        assert_eq!(status, 200, "{told}");
        let id = told["result"]["id"].as_str().unwrap().to_owned();
        let path = told["result"]["variants"][0].as_str().unwrap().strip_prefix("http://test").unwrap().to_owned();
        let status_of = |server: &Serving| server.get(&path)[9..12].to_vec();
        // At once on the other, and on itself.
        assert_eq!((status_of(there), status_of(here)), (b"200".to_vec(), b"200".to_vec()));
        let (status, told) = ask(there, "DELETE", &format!("{api}/v1/{id}"), "the-token", "application/json", b"");
        assert_eq!(status, 200, "{told}");
        let deleted = Instant::now();
        while [here, there].iter().any(|server| status_of(server) != b"404") {
            assert!(deleted.elapsed() < Duration::from_secs(1), "it is still delivered");
        }
        slowest = slowest.max(deleted.elapsed());
    }
    println!("10 images; the slowest was gone from both after {:.1} ms", slowest.as_secs_f64() * 1e3);
    // Preferences and variants of one hold on the other, too.
    let variant = br#"{"id":"tiny","options":{"width":5}}"#;
    assert_eq!(
        ask(&servers[0], "POST", &format!("{api}/v1/variants"), "the-token", "application/json", variant).0,
        200
    );
    assert_eq!(ask(&servers[1], "GET", &format!("{api}/v1/variants/tiny"), "the-token", "", b"").0, 200);
    for server in servers {
        server.stop();
    }
}

#[cfg(unix)]
#[test]
fn urls_that_the_program_signs_are_good() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data", "stored"]).env("TINTYPE_MODELS", folder.path());
    command.env("TINTYPE_HOSTED__TOKEN", "the-token").stdout(Stdio::null());
    let server = Serving::start(command);
    let account = run(folder.path(), "hosted account --data stored --json").ok().json();
    let api = format!("/client/v4/accounts/{}/images", account["account"].as_str().unwrap());
    let picture = fs::read(samples().join("logo.png")).unwrap();
    let mut form =
        b"--XX\r\nContent-Disposition: form-data; name=\"requireSignedURLs\"\r\n\r\ntrue\r\n--XX\r\n".to_vec();
    form.extend(b"Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n");
    form.extend(&picture);
    form.extend(b"\r\n--XX--\r\n");
    let (_, told) = ask(&server, "POST", &format!("{api}/v1"), "the-token", "multipart/form-data; boundary=XX", &form);
    let url = told["result"]["variants"][0].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://test").unwrap();
    assert!(server.get(path).starts_with(b"HTTP/1.1 403 "));
    for (url, more) in [
        (url.clone(), ""),
        (path.to_owned(), "--expires 1h"),
        (format!("/cdn-cgi/imagedelivery{path}"), "--key default --expires 30s"),
    ] {
        let signed = run(folder.path(), &format!("sign {url} --data stored {more}")).ok();
        let signed = signed.text().trim().strip_prefix("http://test").unwrap_or(signed.text().trim()).to_owned();
        let answer = server.get(&signed);
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{signed}: {}", answer.escape_ascii());
    }
    server.stop();
    run(folder.path(), &format!("sign {url} --data stored --key web")).fails(2, &["\"web\"", "default"]);
    run(folder.path(), &format!("sign {url}?a=1 --data stored")).fails(2, &["query"]);
    run(folder.path(), &format!("sign {url}/w=5 --data stored")).fails(2, &["named variants"]);
    run(folder.path(), &format!("sign {url}")).fails(2, &["--data"]);
    run(folder.path(), &format!("sign /{}/id/public --data stored", "x".repeat(22))).fails(1, &["account"]);
}
