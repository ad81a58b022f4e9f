//! BiRefNet on a Swin transformer, by the names of `ZhengPeng7/BiRefNet`.
//!
//! The tables of the transformer's positions (`relative_position_index`) are integers that follow from the window, and are left out.

use super::Part;

/// A Swin transformer.
#[derive(Debug)]
pub(super) struct Swin {
    /// Channels of the first stage; each stage has twice as many as the one before.
    embed: usize,
    depths: [usize; 4],
    heads: [usize; 4],
    /// Side of an attention window.
    window: usize,
}

pub(super) const SWIN_L: Swin = Swin { embed: 192, depths: [2, 2, 18, 2], heads: [6, 12, 24, 48], window: 12 };
pub(super) const SWIN_T: Swin = Swin { embed: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24], window: 7 };

/// Channels inside of the decoder's blocks.
const INNER: usize = 64;

/// Channels of each branch of the pyramid of deformable convolutions.
const BRANCH: usize = 256;

/// Channels of the maps that say where edges are.
const EDGES: usize = 16;

/// Whether a tensor is needed in training alone.
pub(super) fn is_for_training(name: &str) -> bool {
    name.starts_with("decoder.conv_ms_spvn_")
        || name.starts_with("decoder.gdt_convs_pred_")
        || name.ends_with(".relative_position_index")
}

pub(super) fn parts(swin: &Swin) -> Vec<Part> {
    let mut parts = backbone(swin);
    // The backbone sees the picture at two sizes, so that each map has its channels twice; the coarsest first.
    let [c4, c3, c2, c1] = [3, 2, 1, 0].map(|stage| 2 * (swin.embed << stage));
    parts.extend(block("squeeze_module.0", c4 + c3 + c2 + c1, c4));

    // The picture itself, cut into as many tiles as make it the size of a level, twice for the first.
    let pictures = [(5, 10, c4), (4, 8, c4), (3, 6, c3), (2, 4, c2), (1, 0, c1)];
    for (level, power, channels) in pictures {
        let name = format!("decoder.ipt_blk{level}");
        parts.push(plain_conv(&format!("{name}.conv1"), 3 << power, INNER, 3));
        parts.push(plain_conv(&format!("{name}.conv_out"), INNER, channels / 8, 3));
    }
    for (level, from, to) in
        [(4, c4 + c4 / 8, c3), (3, c3 + c4 / 8, c2), (2, c2 + c3 / 8, c1), (1, c1 + c2 / 8, c1 / 2)]
    {
        parts.extend(block(&format!("decoder.decoder_block{level}"), from, to));
    }
    parts.push(plain_conv("decoder.conv_out1.0", c1 / 2 + c1 / 8, 1, 1));
    for (level, channels) in [(4, c3), (3, c2), (2, c1)] {
        parts.push(plain_conv(&format!("decoder.lateral_block{level}.conv"), channels, channels, 1));
        let edges = format!("decoder.gdt_convs_{level}");
        parts.push(conv(&format!("{edges}.0"), channels, EDGES, 3, Some(format!("{edges}.1"))));
        parts.push(plain_conv(&format!("decoder.gdt_convs_attn_{level}.0"), EDGES, 1, 1));
    }
    parts
}

fn backbone(swin: &Swin) -> Vec<Part> {
    let Swin { embed, depths, heads, window } = swin;
    let mut parts = vec![plain_conv("bb.patch_embed.proj", 3, *embed, 4)];
    parts.extend(layer_norm("bb.patch_embed.norm", *embed));
    for stage in 0..4 {
        let width = embed << stage;
        for index in 0..depths[stage] {
            let name = format!("bb.layers.{stage}.blocks.{index}");
            let table = format!("{name}.attn.relative_position_bias_table");
            parts.extend(layer_norm(&format!("{name}.norm1"), width));
            parts.push(Part::Plain { name: table, shape: vec![(2 * window - 1).pow(2), heads[stage]] });
            parts.extend(linear(&format!("{name}.attn.qkv"), width, 3 * width));
            parts.extend(linear(&format!("{name}.attn.proj"), width, width));
            parts.extend(layer_norm(&format!("{name}.norm2"), width));
            parts.extend(linear(&format!("{name}.mlp.fc1"), width, 4 * width));
            parts.extend(linear(&format!("{name}.mlp.fc2"), 4 * width, width));
        }
        if stage < 3 {
            let name = format!("bb.layers.{stage}.downsample");
            parts.push(Part::Plain { name: format!("{name}.reduction.weight"), shape: vec![2 * width, 4 * width] });
            parts.extend(layer_norm(&format!("{name}.norm"), 4 * width));
        }
    }
    parts.extend((0..4).flat_map(|stage| layer_norm(&format!("bb.norm{stage}"), embed << stage)));
    parts
}

/// A block of the decoder: in, a pyramid of deformable convolutions, out.
fn block(name: &str, from: usize, to: usize) -> Vec<Part> {
    let attention = format!("{name}.dec_att");
    let mut parts = vec![conv(&format!("{name}.conv_in"), from, INNER, 3, Some(format!("{name}.bn_in")))];
    for (branch, side) in [("aspp1", 1), ("aspp_deforms.0", 1), ("aspp_deforms.1", 3), ("aspp_deforms.2", 7)] {
        let branch = format!("{attention}.{branch}");
        let places = side * side;
        parts.push(plain_conv(&format!("{branch}.atrous_conv.offset_conv"), INNER, 2 * places, side));
        parts.push(plain_conv(&format!("{branch}.atrous_conv.modulator_conv"), INNER, places, side));
        parts.push(conv(
            &format!("{branch}.atrous_conv.regular_conv"),
            INNER,
            BRANCH,
            side,
            Some(format!("{branch}.bn")),
        ));
    }
    let pool = format!("{attention}.global_avg_pool");
    parts.push(conv(&format!("{pool}.1"), INNER, BRANCH, 1, Some(format!("{pool}.2"))));
    parts.push(conv(&format!("{attention}.conv1"), 5 * BRANCH, INNER, 1, Some(format!("{attention}.bn1"))));
    parts.push(conv(&format!("{name}.conv_out"), INNER, to, 3, Some(format!("{name}.bn_out"))));
    parts
}

fn conv(name: &str, from: usize, to: usize, side: usize, norm: Option<String>) -> Part {
    Part::Conv { name: name.to_owned(), shape: [to, from, side, side], norm }
}

fn plain_conv(name: &str, from: usize, to: usize, side: usize) -> Part {
    conv(name, from, to, side, None)
}

fn linear(name: &str, from: usize, to: usize) -> [Part; 2] {
    [
        Part::Plain { name: format!("{name}.weight"), shape: vec![to, from] },
        Part::Plain { name: format!("{name}.bias"), shape: vec![to] },
    ]
}

fn layer_norm(name: &str, channels: usize) -> [Part; 2] {
    ["weight", "bias"].map(|kind| Part::Plain { name: format!("{name}.{kind}"), shape: vec![channels] })
}
