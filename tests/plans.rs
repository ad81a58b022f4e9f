//! Options and a header in, the plan as text out: what runs is what is printed.
//!
//! `UPDATE_EXPECT=1` rewrites the expectations; read the difference before committing it.

use expect_test::{Expect, expect};
use tintype::{Accepts, Policy, Request, engine::plan::Device};
use tintype_pixels::{Channels, Depth, ImageFormat, ImageInfo, JpegLayout, Layout, Orientation, Size, SourceColor};

fn photo(width: u32, height: u32) -> ImageInfo {
    ImageInfo {
        format: ImageFormat::Jpeg,
        file_size: 1_000_000,
        size: Size::new(width, height),
        orientation: Orientation::Upright,
        layout: Layout::RGB8,
        alpha: false,
        frames: 1,
        color: SourceColor::srgb(),
        exif: None,
        xmp: None,
        icc: None,
        jpeg: Some(JpegLayout::usual()),
    }
}

fn drawing(width: u32, height: u32) -> ImageInfo {
    ImageInfo { format: ImageFormat::Png, layout: Layout::RGBA8, alpha: true, jpeg: None, ..photo(width, height) }
}

fn check(info: &ImageInfo, options: &str, expected: Expect) {
    let request = Request { options: options.parse().unwrap(), accepts: Accepts::ALL };
    let text = tintype::explain(info, &request, &Policy::default(), Device::default());
    expected.assert_eq(&text.unwrap_or_else(|error| format!("{error}\n")));
}

#[test]
fn a_thumbnail_streams_its_first_axis() {
    check(
        &photo(6048, 4032),
        "width=800,quality=80",
        expect![[r#"
            decode   jpeg 6048x4032                    ycbcr 4:2:0 coefficients
            unpack   6048x4032+0+0 → 800x4032          linear f16 sRGB, lanczos3 x, 3 bands
            resize   800x4032 → 800x533                lanczos3 y
            pack     800x533                           rgb8, srgb curve
            fdct     800x533                           ycbcr 4:2:0
            huffman  800x533                           on the device, fitted tables, in two submissions
            gpu      18 passes · 3 images live · up 73.2 MB · down 4.1 kB and the bits · peak 220.2 MB
            encode   jpeg q80
        "#]],
    );
}

#[test]
fn trim_flip_and_rotate_cost_nothing() {
    let info = ImageInfo { orientation: Orientation::Rotate90, ..photo(4000, 3000) };
    check(
        &info,
        "trim=10;20;30;40,flip=h,rotate=90,width=500",
        expect![[r#"
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   3960x2940+10+20 → 500x2940        linear f16 sRGB, FlipH, lanczos3 x, 2 bands
            resize   500x2940 → 500x371                lanczos3 y
            pack     500x371                           rgb8, srgb curve
            fdct     500x371                           ycbcr 4:2:0
            huffman  500x371                           on the device, fitted tables, in two submissions
            gpu      16 passes · 3 images live · up 35.4 MB · down 4.1 kB and the bits · peak 141.1 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn only_what_a_crop_reaches_is_read() {
    check(
        &photo(4000, 3000),
        "width=100,height=100,fit=cover,gravity=0x0",
        expect![[r#"
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   3075x3000+0+0 → 100x3000          linear f16 sRGB, lanczos3 x, 2 bands
            resize   100x3000 → 100x100                lanczos3 y
            pack     100x100                           rgb8, srgb curve
            fdct     100x100                           ycbcr 4:2:0
            gpu      15 passes · 3 images live · up 36.0 MB · down 37.6 kB · peak 132.3 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn a_crop_without_scaling_is_part_of_unpack() {
    check(
        &photo(300, 200),
        "width=100,height=100,fit=crop,trim=0.5;0;0;0.5",
        expect![[r#"
            decode   jpeg 300x200                      ycbcr 4:2:0 coefficients
            unpack   100x100+175+100                   linear f16 sRGB
            pack     100x100                           rgb8, srgb curve
            fdct     100x100                           ycbcr 4:2:0
            gpu      11 passes · 1 images live · up 97.3 kB · down 37.6 kB · peak 399.4 kB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn color_operations_ride_on_one_store_in_their_own_space() {
    check(
        &photo(1000, 800),
        "width=400,brightness=1.2,contrast=0.9,saturation=1.5,gamma=0.8,format=webp",
        expect![[r#"
            decode   jpeg 1000x800                     ycbcr 4:2:0 coefficients
            unpack   1000x800+0+0 → 400x800            linear f16 sRGB, lanczos3 x
            resize   400x800 → 400x320                 lanczos3 y
            tape     to_encoded · color_matrix brightness 1.2 · color_matrix contrast 0.9 · color_matrix saturation 1.5 · gamma 0.8
            pack     400x320                           rgb8
            gpu      7 passes · 3 images live · up 2.4 MB · down 384.0 kB · peak 17.2 MB
            encode   webp q85
        "#]],
    );
}

#[test]
fn color_operations_before_a_border_go_back_to_linear_light() {
    check(
        &photo(1000, 800),
        "width=400,gamma=0.8,border=red;4,sharpen=1,blur=3",
        expect![[r#"
            decode   jpeg 1000x800                     ycbcr 4:2:0 coefficients
            unpack   1000x800+0+0 → 400x800            linear f16 sRGB, lanczos3 x
            resize   400x800 → 400x320                 lanczos3 y
            sharpen  400x320                           amount 0.5 sigma 0.8
            blur     400x320                           radius 3
            tape     to_encoded · gamma 0.8 · to_linear
            pad      400x320 → 408x328                 at 4,4
            pack     408x328                           rgb8, srgb curve, dithered
            fdct     408x328                           ycbcr 4:2:0
            huffman  408x328                           on the device, fitted tables, in two submissions
            gpu      20 passes · 4 images live · up 2.4 MB · down 4.1 kB and the bits · peak 19.6 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn transparency_is_laid_on_white_for_jpeg_only() {
    check(
        &drawing(500, 500),
        "width=100,format=jpeg",
        expect![[r#"
            decode   png 500x500                       rgba8
            unpack   500x500+0+0 → 100x500             linear f16 sRGB, lanczos3 x
            resize   100x500 → 100x100                 lanczos3 y
            tape     to_encoded · background rgba(255 255 255 / 1)
            pack     100x100                           rgb8
            fdct     100x100                           ycbcr 4:2:0
            gpu      10 passes · 3 images live · up 1.0 MB · down 37.6 kB · peak 3.9 MB
            encode   jpeg q85
        "#]],
    );
    check(
        &drawing(500, 500),
        "width=100,format=png",
        expect![[r#"
        decode   png 500x500                       rgba8
        unpack   500x500+0+0 → 100x500             linear f16 sRGB, lanczos3 x
        resize   100x500 → 100x100                 lanczos3 y
        pack     100x100                           rgba8, srgb curve
        gpu      4 passes · 3 images live · up 1.0 MB · down 40.0 kB · peak 3.9 MB
        encode   png fast
    "#]],
    );
    check(
        &drawing(500, 500),
        "width=100,height=50,fit=pad,background=%23ff000080",
        expect![[r#"
        decode   png 500x500                       rgba8
        unpack   500x500+0+0 → 50x500              linear f16 sRGB, lanczos3 x
        resize   50x500 → 50x50                    lanczos3 y
        pad      50x50 → 100x50                    at 25,0
        tape     to_encoded · background rgba(255 0 0 / 0.5019608)
        pack     100x50                            rgba8
        gpu      5 passes · 4 images live · up 1.0 MB · down 20.0 kB · peak 4.0 MB
        encode   png fast
    "#]],
    );
}

#[test]
fn upscaling_keeps_the_smaller_image_as_long_as_it_can() {
    check(
        &photo(100, 80),
        "width=400,fit=contain",
        expect![[r#"
            decode   jpeg 100x80                       ycbcr 4:2:0 coefficients
            unpack   100x80+0+0 → 400x80               linear f16 sRGB, lanczos3 x
            resize   400x80 → 400x320                  lanczos3 y
            pack     400x320                           rgb8, srgb curve
            fdct     400x320                           ycbcr 4:2:0
            huffman  400x320                           on the device, fitted tables, in two submissions
            gpu      14 passes · 3 images live · up 26.9 kB · down 4.1 kB and the bits · peak 3.3 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn unequal_reductions_do_the_larger_first() {
    check(
        &photo(1000, 4000),
        "width=900,height=100,fit=squeeze",
        expect![[r#"
            decode   jpeg 1000x4000                    ycbcr 4:2:0 coefficients
            unpack   1000x4000+0+0                     linear f16 sRGB
            resize   1000x4000 → 1000x100              lanczos3 y
            resize   1000x100 → 900x100                lanczos3 x
            pack     900x100                           rgb8, srgb curve
            fdct     900x100                           ycbcr 4:2:0
            huffman  900x100                           on the device, fitted tables, in two submissions
            gpu      14 passes · 3 images live · up 12.1 MB · down 4.1 kB and the bits · peak 55.6 MB
            encode   jpeg q85
        "#]],
    );
    check(
        &photo(4000, 1000),
        "width=100,height=900,fit=squeeze",
        expect![[r#"
            decode   jpeg 4000x1000                    ycbcr 4:2:0 coefficients
            unpack   4000x1000+0+0 → 100x1000          linear f16 sRGB, lanczos3 x
            resize   100x1000 → 100x900                lanczos3 y
            pack     100x900                           rgb8, srgb curve
            fdct     100x900                           ycbcr 4:2:0
            huffman  100x900                           on the device, fitted tables, in two submissions
            gpu      14 passes · 3 images live · up 12.0 MB · down 4.1 kB and the bits · peak 55.6 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let info = ImageInfo { layout: Layout::new(Channels::Rgb, Depth::U16), ..drawing(400, 300) };
    check(
        &ImageInfo { alpha: false, ..info.clone() },
        "width=200,format=png",
        expect![[r#"
        decode   png 400x300                       rgb16
        unpack   400x300+0+0 → 200x300             linear f32 sRGB, lanczos3 x
        resize   200x300 → 200x150                 lanczos3 y
        pack     200x150                           rgb16, srgb curve
        gpu      4 passes · 3 images live · up 720.0 kB · down 180.0 kB · peak 6.8 MB
        encode   png fast
    "#]],
    );
    check(
        &ImageInfo { alpha: false, ..info },
        "width=200,format=jpeg",
        expect![[r#"
            decode   png 400x300                       rgb16
            unpack   400x300+0+0 → 200x300             linear f16 sRGB, lanczos3 x
            resize   200x300 → 200x150                 lanczos3 y
            pack     200x150                           rgb8, srgb curve, dithered
            fdct     200x150                           ycbcr 4:2:0
            huffman  200x150                           on the device, fitted tables, in two submissions
            gpu      11 passes · 3 images live · up 720.0 kB · down 4.1 kB and the bits · peak 4.0 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn nothing_asked_for_is_nothing_done() {
    check(
        &photo(640, 480),
        "format=auto",
        expect![[r#"
            decode   jpeg 640x480                      ycbcr 4:2:0 coefficients
            unpack   640x480+0+0                       linear f16 sRGB
            pack     640x480                           rgb8, srgb curve
            gpu      5 passes · 1 images live · up 921.6 kB · down 921.6 kB · peak 5.2 MB
            encode   avif q85 speed 9
        "#]],
    );
    check(
        &photo(640, 480),
        "brightness=1,contrast=1,gamma=1,saturation=1,sharpen=0,blur=0,rotate=0",
        expect![[r#"
            decode   jpeg 640x480                      ycbcr 4:2:0 coefficients
            unpack   640x480+0+0                       linear f16 sRGB
            pack     640x480                           rgb8, srgb curve
            fdct     640x480                           ycbcr 4:2:0
            huffman  640x480                           on the device, fitted tables, in two submissions
            gpu      12 passes · 1 images live · up 921.6 kB · down 4.1 kB and the bits · peak 6.6 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn a_hundred_megapixels_go_through_in_chunks() {
    check(
        &photo(10_000, 8_000),
        "width=1024",
        expect![[r#"
            decode   jpeg 10000x8000                   ycbcr 4:2:0 coefficients
            unpack   10000x8000+0+0 → 1024x8000        linear f16 sRGB, lanczos3 x, 10 bands
            resize   1024x8000 → 1024x819              lanczos3 y
            pack     1024x819                          rgb8, srgb curve
            fdct     1024x819                          ycbcr 4:2:0
            huffman  1024x819                          on the device, fitted tables, in two submissions
            gpu      35 passes · 3 images live · up 240.3 MB · down 4.1 kB and the bits · peak 521.5 MB
            encode   jpeg q85
        "#]],
    );
}

#[test]
fn a_description_is_made_of_a_small_copy() {
    check(
        &photo(4000, 3000),
        "width=1000,format=json",
        expect![[r#"
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   4000x3000+0+0 → 1000x3000         linear f16 sRGB, lanczos3 x, 2 bands
            resize   1000x3000 → 1000x750              lanczos3 y
            resize   1000x750 → 100x750                lanczos3 x
            resize   100x750 → 100x75                  lanczos3 y
            pack     100x75                            rgba8, srgb curve
            gpu      11 passes · 5 images live · up 36.0 MB · down 30.0 kB · peak 160.7 MB
            json     1000x750, described by the copy of 100x75
        "#]],
    );
}

#[test]
fn what_cannot_be_done_says_why() {
    check(
        &photo(1000, 800),
        "width=13000,fit=contain",
        expect![[r#"
        result would be 13000x10400 (135.2 MP); the limit is 12000 px per side and 100 MP
    "#]],
    );
    check(
        &photo(1000, 800),
        "trim=500;0;400;0",
        expect![[r#"
        trim leaves nothing of the source, which is 1000x800
    "#]],
    );
    check(
        &photo(17_000, 100),
        "width=500",
        expect![[r#"
        17000x1 does not fit this device, whose images have at most 16384 px per side
    "#]],
    );
    check(
        &photo(100, 40_000),
        "width=50",
        expect![[r#"
        result would be 50x20000 (1.0 MP); the limit is 12000 px per side and 100 MP
    "#]],
    );
}

#[test]
fn what_is_looked_for_is_said() {
    check(
        &photo(4000, 3000),
        "width=500,height=500,fit=cover,gravity=face,zoom=0.5",
        expect![[r#"
            look     for faces; below, the middle stands for what is found
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   3030x3000+485+0 → 500x3000        linear f16 sRGB, lanczos3 x, 2 bands
            resize   500x3000 → 500x500                lanczos3 y
            pack     500x500                           rgb8, srgb curve
            fdct     500x500                           ycbcr 4:2:0
            huffman  500x500                           on the device, fitted tables, in two submissions
            gpu      16 passes · 3 images live · up 36.0 MB · down 4.1 kB and the bits · peak 142.7 MB
            encode   jpeg q85
        "#]],
    );
    check(
        &photo(4000, 3000),
        "width=500,segment=foreground,background=white",
        expect![[r#"
            look     for the foreground, in a copy the model chooses; below, of 1024x1024
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   4000x3000+0+0 → 500x3000          linear f16 sRGB, lanczos3 x, 2 bands
            resize   500x3000 → 500x375                lanczos3 y
            tape     to_encoded
            foreground
              unpack   1024x1024+0+0 → 500x1024          linear f16 , catmull-rom x
              resize   500x1024 → 500x375                catmull-rom y
            defringe 500x375                           of 1024x1024
            tape     background rgba(255 255 255 / 1)
            pack     500x375                           rgb8
            fdct     500x375                           ycbcr 4:2:0
            huffman  500x375                           on the device, fitted tables, in two submissions
            gpu      40 passes · 9 images live · up 40.2 MB · down 4.1 kB and the bits · peak 167.0 MB
            encode   jpeg q85
        "#]],
    );
    check(
        &photo(4000, 3000),
        "width=500,segment=foreground,segment-refine=off,background=white",
        expect![[r#"
            look     for the foreground, in a copy the model chooses; below, of 1024x1024
            decode   jpeg 4000x3000                    ycbcr 4:2:0 coefficients
            unpack   4000x3000+0+0 → 500x3000          linear f16 sRGB, lanczos3 x, 2 bands
            resize   500x3000 → 500x375                lanczos3 y
            foreground
              unpack   1024x1024+0+0 → 500x1024          linear f16 , catmull-rom x
              resize   500x1024 → 500x375                catmull-rom y
            matte    500x375                           of 1024x1024
            tape     to_encoded · background rgba(255 255 255 / 1)
            pack     500x375                           rgb8
            fdct     500x375                           ycbcr 4:2:0
            huffman  500x375                           on the device, fitted tables, in two submissions
            gpu      20 passes · 7 images live · up 40.2 MB · down 4.1 kB and the bits · peak 163.9 MB
            encode   jpeg q85
        "#]],
    );
}

/// The table of `docs/sizing.md` is what plans say, and its formula is never below them.
#[test]
fn the_sizing_guide_is_right() {
    let peak = |info: &ImageInfo, width: u32| -> f64 {
        let request = Request { options: format!("width={width}").parse().unwrap(), accepts: Accepts::ALL };
        let text = tintype::explain(info, &request, &Policy::default(), Device::default()).unwrap();
        let number = text.split("peak ").nth(1).unwrap().split(" MB").next().unwrap();
        number.parse().unwrap()
    };
    let formula = |size: Size, width: u32| {
        let line = f64::from(width) * f64::from(size.height);
        70.0 + 5.1 * size.area() as f64 / 1e6 + 18.4 * line / 1e6
    };
    for (width, height) in [(1200, 1600), (2000, 1500), (4000, 3000), (6048, 4032), (8000, 6000), (10_000, 9_000)] {
        for result in [100, 400, 800, 1600] {
            for info in [photo(width, height), drawing(width, height)] {
                if width > result {
                    let (peak, bound) = (peak(&info, result), formula(info.size, result));
                    assert!(
                        peak <= bound,
                        "{} {width}x{height} to {result}: {peak} MB, {bound} MB",
                        info.format.name()
                    );
                }
            }
        }
    }
    let rows = include_str!("../docs/sizing.md").lines().filter_map(|line| line.strip_prefix("| JPEG "));
    let mut n_rows = 0;
    for row in rows {
        let numbers: Vec<u32> = row
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(|digits| digits.parse().unwrap())
            .collect();
        let [width, height, result, told, bound] = numbers[..] else { panic!("{row}") };
        let info = photo(width, height);
        assert_eq!(told, peak(&info, result).round() as u32, "{row}");
        assert_eq!(bound, formula(info.size, result).round() as u32, "{row}");
        n_rows += 1;
    }
    assert_eq!(n_rows, 5);
}
