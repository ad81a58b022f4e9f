//! Faces and foregrounds, with the real models.

use super::*;

/// Whether both small models are there; without them tests that need them fail, unless `ALLOW_NO_MODELS=1`.
fn has_models() -> bool {
    ["retinaface", "u2netp"].into_iter().all(|name| match tintype_weights::installed(name) {
        Ok(_) => true,
        Err(missing) if env::var("ALLOW_NO_MODELS").is_ok_and(|value| value == "1") => {
            eprintln!("NOT TESTED, because ALLOW_NO_MODELS=1: {missing}");
            false
        }
        Err(missing) => panic!("{missing} (ALLOW_NO_MODELS=1 goes on without)"),
    })
}

fn portrait() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(samples().join("astronaut.jpg"), folder.path().join("astronaut.jpg")).unwrap();
    folder
}

/// Left, top, right and bottom of the only face, as fractions of the picture.
fn only_face(folder: &Path, file: &str) -> [f64; 4] {
    let found = run(folder, &format!("faces {file}")).ok().json();
    let number = |value: &Value| value.as_f64().expect("a number");
    let [face] = found["faces"].as_array().expect("a list").as_slice() else { panic!("not one face: {found}") };
    let (width, height) = (number(&found["width"]), number(&found["height"]));
    let [x, y, w, h] = ["x", "y", "width", "height"].map(|key| number(&face[key]));
    assert!(number(&face["score"]) > 0.9, "{face}");
    let eyes = ["left_eye", "right_eye"].map(|eye| number(&face["landmarks"][eye][0]));
    assert!(x < eyes[0] && eyes[0] < eyes[1] && eyes[1] < x + w, "{face}");
    [x / width, y / height, (x + w) / width, (y + h) / height]
}

#[test]
fn a_crop_to_the_face_frames_it() {
    if !has_gpu() || !has_models() {
        return;
    }
    let folder = portrait();
    let [left, top, right, bottom] = only_face(folder.path(), "astronaut.jpg");
    // Marked by hand, in the photo of 512x512: brow to chin, without the hair.
    let marked = [0.34, 0.13, 0.53, 0.36];
    for (found, marked) in [left, top, right, bottom].into_iter().zip(marked) {
        assert!((found - marked).abs() < 0.05, "{found} for {marked}");
    }
    // Each framing, and how tall the face is in it. The face is near the upper edge: a wider one could not center it.
    for (zoom, fit, tall) in
        [("0.8", "cover", (0.6, 1.0)), ("0.6", "cover", (0.5, 0.7)), ("0.5", "contain", (0.4, 0.6))]
    {
        let options = format!("gravity=face,width=200,height=200,fit={fit},zoom={zoom}");
        run(folder.path(), &format!("transform astronaut.jpg out.png {options}")).ok();
        let [left, top, right, bottom] = only_face(folder.path(), "out.png");
        let (across, down) = ((left + right) / 2.0, (top + bottom) / 2.0);
        assert!(
            (across - 0.5).abs() < 0.08 && (down - 0.5).abs() < 0.08,
            "{options}: in the middle, at {across},{down}"
        );
        assert!(bottom - top > tall.0 && bottom - top < tall.1, "{options}: {}", bottom - top);
    }
    let json = run(folder.path(), "transform astronaut.jpg - gravity=face,format=json").ok().json();
    assert_eq!(json["faces"].as_array().map(Vec::len), Some(1), "{json}");
}

#[test]
fn the_foreground_is_cut_out() {
    if !has_gpu() || !has_models() {
        return;
    }
    let folder = portrait();
    run(folder.path(), "mask astronaut.jpg mask.png --model u2netp").ok();
    let mask = image::open(folder.path().join("mask.png")).unwrap();
    assert_eq!(mask.color(), image::ColorType::L8);
    let mask = mask.into_luma8();
    assert_eq!(mask.dimensions(), (512, 512));
    let at = |x: u32, y: u32| mask.get_pixel(x, y).0[0];
    // Face and suit, against the wall on both sides of the head.
    assert!(at(225, 120) > 240 && at(150, 350) > 240, "{} {}", at(225, 120), at(150, 350));
    assert!(at(330, 40) < 20 && at(110, 60) < 20, "{} {}", at(330, 40), at(110, 60));

    let options = "gravity=face,zoom=0.5,segment=foreground,background=white";
    run(folder.path(), &format!("transform astronaut.jpg cut.png {options}")).ok();
    let cut = image::open(folder.path().join("cut.png")).unwrap().into_rgb8();
    let (width, height) = cut.dimensions();
    assert!(cut.get_pixel(0, 0).0.iter().all(|v| *v > 240), "the wall is white: {:?}", cut.get_pixel(0, 0));
    assert!(cut.get_pixel(width / 2, height / 2).0[2] < 200, "the face is not");
}

#[test]
fn without_models_the_command_is_named() {
    if !has_gpu() {
        return;
    }
    let folder = portrait();
    let bare = |line: &str| {
        let mut command = program(folder.path());
        command.env("TINTYPE_MODELS", folder.path().join("none")).args(line.split_whitespace()).stdin(Stdio::null());
        ran(command.output().unwrap())
    };
    bare("faces astronaut.jpg").fails(1, &["tintype models pull retinaface"]);
    bare("mask astronaut.jpg mask.png").fails(1, &["tintype models pull u2netp"]);
    bare("mask astronaut.jpg mask.png --model rembg").fails(2, &["\"rembg\"", "u2netp, u2net, isnet"]);
    bare("transform astronaut.jpg out.png gravity=face,zoom=0.5").fails(1, &["tintype models pull retinaface"]);
    assert!(!folder.path().join("mask.png").exists() && !folder.path().join("out.png").exists());
    bare("transform astronaut.jpg out.png gravity=face,width=100").ok();
}

#[test]
fn a_mask_is_written_where_nothing_is_lost() {
    if !has_gpu() || !has_models() {
        return;
    }
    let folder = portrait();
    fs::write(folder.path().join("mask.png"), "before").unwrap();
    for (line, expected) in [
        ("mask astronaut.jpg mask.png", "mask.png exists; --force"),
        ("mask astronaut.jpg astronaut.jpg", "is the input"),
        ("mask astronaut.jpg ./astronaut.jpg --force", "is the input"),
        ("mask astronaut.jpg - --json", "standard output is taken"),
        ("mask astronaut.jpg new.png --model rembg", "u2netp, u2net, isnet, birefnet-lite or birefnet"),
    ] {
        run(folder.path(), line).fails(2, &[expected]);
    }
    assert_eq!(fs::read(folder.path().join("mask.png")).unwrap(), b"before");
    let told = run(folder.path(), "mask astronaut.jpg mask.png --model u2netp --force --json").ok().json();
    assert_eq!((&told["width"], &told["output"]), (&Value::from(512), &Value::from("mask.png")));
    let foreground = told["foreground"].as_f64().expect("a number");
    assert!((0.4..0.8).contains(&foreground), "{told}");
    assert_eq!(image::open(folder.path().join("mask.png")).unwrap().color(), image::ColorType::L8);

    let faces = run(folder.path(), "faces astronaut.jpg --json").ok().json();
    assert_eq!(faces["faces"].as_array().map(Vec::len), Some(1));
    // What the answer tells is what the file holds.
    let json = run(folder.path(), "transform astronaut.jpg - segment=foreground,segment-model=u2netp,format=json");
    assert!(json.ok().json()["mask"].as_str().is_some_and(|url| url.starts_with("data:image/png;base64,")));
}

/// The smallest network on drawn pictures. It was trained on photographs and finds most of each of these; the floors stand somewhat
/// below what it reached when they were written, and its figures are the same on every machine but for rounding.
#[test]
fn the_smallest_model_finds_drawn_foregrounds() {
    if !has_gpu() || !has_models() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), "bench segment --model u2netp --json").ok().json();
    let mean = &told["models"][0]["mean"];
    let figure = |name: &str| mean[name].as_f64().expect("a number");
    for (name, floor) in [("iou", FLOORS[0]), ("dice", FLOORS[1]), ("accuracy", FLOORS[2])] {
        assert!(figure(name) > floor, "{name} is {}, at least {floor}: {told:#}", figure(name));
    }
    assert!(figure("error") < FLOORS[3], "the error is {}: {told:#}", figure("error"));
    assert_eq!(told["models"][0]["pictures"].as_array().map(Vec::len), Some(6));
    run(folder.path(), "bench segment --model rembg").fails(2, &["\"rembg\"", "u2netp"]);
    run(folder.path(), "bench segment --image a.png").fails(2, &["--truth"]);
}

/// IoU, Dice and accuracy at least, error at most.
const FLOORS: [f64; 4] = [0.93, 0.96, 0.98, 0.025];

#[test]
fn networks_are_timed_by_stage() {
    if !has_models() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (device, copies) in [("cpu", false), ("gpu", true)] {
        let line = format!("bench models --model retinaface --device {device} --rounds 1 --json");
        let told = run(folder.path(), &line).ok().json();
        assert_eq!((told["on"] == "processor", &told["rounds"]), (!copies, &1.into()), "{told}");
        let row = &told["models"][0];
        assert_eq!((&row["model"], &row["width"]), (&"retinaface".into(), &640.into()));
        let ms = |name: &str| row[name].as_f64().expect("a number");
        assert!(ms("inference_ms") > ms("post_ms") && ms("preprocess_ms") > 0.0, "{row}");
        assert_eq!(ms("copy_ms") > 0.0, copies, "{row}");
        let sum = ms("copy_ms") + ms("preprocess_ms") + ms("inference_ms") + ms("post_ms");
        assert!((sum - ms("total_ms")).abs() < 1e-6, "{row}");
    }
}

#[test]
fn urls_are_signed_with_the_configured_keys() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.toml"), "[signing.keys]\nweb = \"0123456789abcdef\"\n").unwrap();
    let signed = run(folder.path(), "sign /cdn-cgi/image/w=40/a.jpg --key web --expires 1h --config t.toml").ok();
    let url = signed.text().trim_end().to_owned();
    assert!(url.starts_with("/cdn-cgi/image/w=40,exp=") && url.contains(",key=web,sig="), "{url}");
    let url = "https://h.example/image?url=a.jpg&w=40";
    let unnamed = run(folder.path(), &format!("sign {url} --config t.toml")).ok();
    assert!(unnamed.text().starts_with(&format!("{url}&sig=")), "{}", unnamed.text());
    for (line, expected) in [
        ("sign /cdn-cgi/image/w=40/a.jpg", "[signing.keys]"),
        ("sign /cdn-cgi/image/w=40/a.jpg --key app --config t.toml", "no key is named \"app\""),
        ("sign /a.jpg --config t.toml", "/cdn-cgi/image/OPTIONS"),
        ("sign /cdn-cgi/image/w=40/a.jpg --expires soon --config t.toml", "--expires"),
    ] {
        run(folder.path(), line).fails(2, &[expected]);
    }
}

/// On the engine's own device, software or not, the same faces as on the processor: no pixel visits the host for them.
#[cfg(unix)]
#[test]
fn faces_are_found_on_the_engines_device() {
    if !has_gpu() || !has_models() {
        return;
    }
    let folder = portrait();
    // Without the model for mattes, which takes a software adapter half a minute.
    let models = folder.path().join("models");
    fs::create_dir_all(models.join("retinaface")).unwrap();
    let weights = tintype_weights::installed("retinaface").unwrap();
    fs::copy(weights, models.join("retinaface/retinaface.safetensors")).unwrap();
    let found = |device: &str| {
        let mut command = program(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--root", "."]);
        command.env("TINTYPE_ML__DEVICE", device).env("TINTYPE_MODELS", &models);
        let server = serve::Serving::start(command);
        let answer = server.get("/cdn-cgi/image/width=256,gravity=face,format=json/astronaut.jpg");
        let body = answer.windows(4).position(|at| at == b"\r\n\r\n").expect("headers end") + 4;
        let json: Value = serde_json::from_slice(&answer[body..]).expect("JSON");
        (json["faces"].clone(), server.stop())
    };
    let ((cpu, _), (gpu, log)) = (found("cpu"), found("gpu"));
    assert!(log.contains("models: retinaface on the GPU"), "{log}");
    let (cpu, gpu) = (cpu.as_array().expect("faces"), gpu.as_array().expect("faces"));
    assert_eq!((cpu.len(), gpu.len()), (1, 1));
    for key in ["x", "y", "width", "height"] {
        let [cpu, gpu] = [&cpu[0][key], &gpu[0][key]].map(|value| value.as_f64().expect("a number"));
        // The processor sees 8-bit samples, the device half-precision light.
        assert!((cpu - gpu).abs() < 0.5, "{key}: {gpu}, on the processor {cpu}");
    }
}
