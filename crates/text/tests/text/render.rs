//! What a rendered text looks like, told by properties that hold for any good font.

use crate::kit::{CJK_OTF, MIXED_TTF, alpha, columns, draw, extent, font, red, rows};
use proptest::prelude::*;
use tintype_pixels::{Layout, Planes, Size};
use tintype_text::{Font, Limits, TextStyle, render};

#[test]
fn the_defaults_are_twelve_pixels_of_black() {
    let planes = render(&TextStyle::new("Hello"), &Limits::default()).unwrap();
    assert_eq!(planes.layout(), Layout::RGBA8);
    // Roboto's line is 2400 / 2048 em high: 14.06 px.
    assert_eq!(planes.size().height, 15);
    assert!((24..36).contains(&planes.size().width), "{}", planes.size());
    for pixel in planes.bytes().chunks_exact(4) {
        assert_eq!(pixel[..3], [0, 0, 0]);
    }
}

#[test]
fn ink_is_where_the_letter_is() {
    // A full block of ink and nothing around it: Roboto's vertical bar and its underscore.
    let bar = draw("|", 200.0, None);
    let (left, right) = extent(&columns(&bar));
    assert!(left > 5 && right - left < 30 && right < bar.size().width as usize - 5, "{left} {right} {}", bar.size());
    assert_eq!(alpha(&bar, (left + right) as u32 / 2, bar.size().height / 2), 255);
    let (top, bottom) = extent(&rows(&bar));
    assert!(bottom - top > 150);

    let underscore = draw("_", 200.0, None);
    let (top, _) = extent(&rows(&underscore));
    // Below the baseline, which lies 1900 / 2048 em from the top.
    assert!(top >= 185, "{top}");
    // A hole stays a hole, in either kind of outlines.
    for planes in [draw("O", 200.0, None), draw("日", 200.0, Some(&font(CJK_OTF)))] {
        let ((left, right), (top, bottom)) = (extent(&columns(&planes)), extent(&rows(&planes)));
        let through: Vec<u8> = (left..right).map(|x| alpha(&planes, x as u32, (top + bottom) as u32 / 3)).collect();
        let edges = through.windows(2).filter(|pair| (pair[0] > 127) != (pair[1] > 127)).count();
        assert!(edges >= 2, "{edges} edges");
    }
}

#[test]
fn glyphs_scale_with_the_size() {
    let ink = |size_px| rows(&draw("Rg", size_px, None)).iter().sum::<u32>() as f32;
    let ratio = ink(160.0) / ink(40.0);
    assert!((ratio - 16.0).abs() < 0.05, "{ratio}");
}

#[test]
fn lines_add_height_and_the_widest_gives_the_width() {
    let (one, three) = (draw("wide line", 40.0, None), draw("a\r\nwide line\nb", 40.0, None));
    assert_eq!(three.size().width, one.size().width);
    assert_eq!(three.size().height, (3.0 * 40.0 * 2400.0 / 2048.0_f32).ceil() as u32);
    let rows = rows(&three);
    assert!([0..47, 47..94, 94..141].into_iter().all(|line| rows[line].iter().sum::<u32>() > 0));
    // An empty line at the end counts: the text asked for it.
    assert!(draw("a\n", 40.0, None).size().height > draw("a", 40.0, None).size().height);
}

#[test]
fn letters_kern_and_join_to_ligatures() {
    let mixed = font(MIXED_TTF);
    for font in [None, Some(&mixed)] {
        let width = |text| draw(text, 100.0, font).size().width;
        assert!(width("AV") + 2 < width("A") + width("V"), "{font:?}");
    }
    // The dot of the i is gone: the picture is not that of f and i side by side.
    let (joined, apart) = (draw("fi", 100.0, Some(&mixed)), draw("f\u{200c}i", 100.0, Some(&mixed)));
    assert_ne!(joined, apart);
}

#[test]
fn composed_and_decomposed_letters_are_equal() {
    let mixed = font(MIXED_TTF);
    for font in [None, Some(&mixed)] {
        assert_eq!(draw("\u{e9}", 50.0, font), draw("e\u{301}", 50.0, font));
        assert_eq!(draw("q\u{301}", 50.0, font).size().width, draw("q", 50.0, font).size().width);
        // The accent's ink is above the letter's.
        let (plain, marked) = (rows(&draw("q", 50.0, font)), rows(&draw("q\u{301}", 50.0, font)));
        assert!(marked.iter().sum::<u32>() > plain.iter().sum::<u32>() && extent(&marked).0 < extent(&plain).0);
    }
}

/// Where the columns of `part` are found in those of `whole`, which holds them at a whole pixel if all advances are whole.
fn find(whole: &[u32], part: &[u32]) -> Option<usize> {
    let (first, last) = extent(part);
    let part = &part[first..=last];
    // A pixel's coverage may round otherwise at another place: a step for one in ten of a column.
    let alike = |window: &[u32]| window.iter().zip(part).all(|(a, b)| a.abs_diff(*b) <= 300);
    whole.windows(part.len()).position(alike)
}

#[test]
fn right_to_left_letters_run_to_the_left() {
    let mixed = font(MIXED_TTF);
    // At the design space's own scale every advance is a whole number of pixels.
    let draw = |text: &str| {
        let limits = Limits { side_px: 1 << 15, ..Limits::default() };
        render(&TextStyle { size_px: 2048.0, font: Some(&mixed), ..TextStyle::new(text) }, &limits).unwrap()
    };
    // The letters of a line as they stand from left to right. (Those of one line must neither kern nor overlap.)
    let order = |text: &str| {
        let whole = columns(&draw(text));
        let letters = text.chars().filter(|c| *c != ' ');
        let mut letters: Vec<(usize, char)> =
            letters.map(|c| (find(&whole, &columns(&draw(&c.to_string()))).unwrap(), c)).collect();
        letters.sort();
        letters.into_iter().map(|(_, c)| c).collect::<Vec<_>>()
    };
    assert_eq!(order("HN"), ['H', 'N']);
    assert_eq!(order("אל"), ['ל', 'א']);
    assert_eq!(order("לא"), ['א', 'ל']);
    // A Latin line with Hebrew inside, and a Hebrew line with Latin inside: numbers keep their own order.
    assert_eq!(order("H אש 74 N"), ['H', '7', '4', 'ש', 'א', 'N']);
    assert_eq!(order("א HN 74 ש"), ['ש', 'H', 'N', '7', '4', 'א']);
}

#[test]
fn right_to_left_lines_stand_at_the_right() {
    let planes = draw("HNHN\nא", 64.0, Some(&font(MIXED_TTF)));
    let Size { width, height } = planes.size();
    let in_lower_line = |x: u32| (height / 2..height).any(|y| alpha(&planes, x, y) > 0);
    assert!(!(0..width / 2).any(in_lower_line) && (width / 2..width).any(in_lower_line));
}

#[test]
fn arabic_letters_join() {
    let mixed = font(MIXED_TTF);
    let width = |text| draw(text, 200.0, Some(&mixed)).size().width;
    // Joined seen beside seen is narrower than two that a non-joiner keeps apart, and has no empty column between.
    assert!(width("سس") < width("س\u{200c}س"));
    let gaps = |text| {
        let columns = columns(&draw(text, 200.0, Some(&mixed)));
        let (first, last) = extent(&columns);
        columns[first..=last].iter().filter(|sum| **sum == 0).count()
    };
    assert!(gaps("سس") == 0 && gaps("س\u{200c}س") > 0);
    // Lam and alef become one.
    assert!(width("لا") < width("ل\u{200c}ا"));
}

#[test]
fn the_embedded_font_helps_out_in_the_given_one_s_lines() {
    let cjk = font(CJK_OTF);
    let helped = draw("漢字 Wй", 50.0, Some(&cjk));
    assert_eq!(helped.size().height, draw("漢字", 50.0, Some(&cjk)).size().height);
    assert!(helped.size().width > draw("漢字 ", 50.0, Some(&cjk)).size().width + 50);
    // What the given font has is taken from it.
    assert_ne!(draw("A", 50.0, Some(&cjk)).bytes(), draw("A", 50.0, None).bytes());
}

#[test]
fn ink_outside_the_line_grows_the_picture() {
    // A pile of accents reaches above the line's box, and is not cut: the first row has ink, but only at its edge.
    let tall = draw("Z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", 50.0, None);
    let plain = draw("Z", 50.0, None);
    assert_eq!(tall.size().width, plain.size().width);
    assert!(tall.size().height > plain.size().height + 20, "{} {}", tall.size(), plain.size());
    assert_eq!(extent(&rows(&tall)).0, 0);
    // Roboto's j begins left of its origin.
    let (hanging, planes) = (draw("j", 400.0, None), draw("\u{a0}j", 400.0, None));
    let ink = |planes: &Planes| columns(planes).iter().sum::<u32>();
    assert!(ink(&hanging).abs_diff(ink(&planes)) < 255 * 8, "{} {}", ink(&hanging), ink(&planes));
    assert_eq!(extent(&columns(&hanging)).0, 0);
}

#[test]
fn the_color_is_exact_and_opacity_scales_alpha() {
    let style = |color| TextStyle { size_px: 100.0, color, ..TextStyle::new("|I") };
    let render = |alpha| render(&style(red(alpha)), &Limits::default()).unwrap();
    let (full, half) = (render(1.0), render(0.5));
    let pixels = |planes: &Planes| planes.bytes().chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect::<Vec<_>>();
    let (full, half) = (pixels(&full), pixels(&half));
    assert!(full.contains(&[255, 0, 0, 255]) && full.contains(&[0, 0, 0, 0]));
    for (full, half) in full.iter().zip(&half) {
        assert!(matches!(full, [255, 0, 0, 1..=255] | [0, 0, 0, 0]), "{full:?}");
        assert_eq!(half[3], (f32::from(full[3]) * 0.5).round() as u8);
    }
}

#[test]
fn white_space_alone_is_a_transparent_picture() {
    for text in [" ", "\n", "\u{200b}", "\u{7}", " \t\u{a0}\u{2003}"] {
        let planes = draw(text, 20.0, None);
        assert!(!planes.size().is_empty() && planes.bytes().iter().all(|&byte| byte == 0), "{text:?}");
    }
    assert_eq!(draw("\u{200b}", 20.0, None).size(), Size::new(1, 24));
}

#[test]
fn pixels_are_the_same_on_every_run_and_thread() {
    let text = "Determinism é ЖΩ 0123";
    let first = draw(text, 33.3, None);
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(move || draw(text, 33.3, None))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), first);
    }
    // On every machine too: FNV-1a of the bytes, as first drawn on x86-64.
    let hash = first
        .bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    assert_eq!((first.size(), hash), (Size::new(360, 40), 17_533_700_493_100_170_630));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn width_grows_with_the_text(text in "[a-zA-Z0-9А-яα-ω ,.]{1,20}", more in "[a-z]", size_px in 1.0f32..80.0) {
        let (short, long) = (draw(&text, size_px, None), draw(&format!("{text}{more}"), size_px, None));
        // Ink that hangs over the line's box grows it: at some sizes the foot of a "g" does.
        prop_assert!(short.size().width <= long.size().width && short.size().height <= long.size().height);
    }

    #[test]
    fn any_text_is_drawn_or_refused(text in ".{1,40}", size_px in 0.1f32..60.0) {
        let mixed = font(MIXED_TTF);
        for font in [None, Some(&mixed)] {
            let style = TextStyle { size_px, font, ..TextStyle::new(&text) };
            if let Err(error) = render(&style, &Limits::default()) {
                prop_assert!(matches!(error, tintype_text::TextError::MissingGlyphs { .. }), "{error}");
            }
        }
    }
}

#[test]
fn the_embedded_font_is_parsed_once() {
    assert!(std::ptr::eq(Font::embedded(), Font::embedded()));
}
