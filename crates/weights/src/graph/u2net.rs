//! U²-Net, U²-Netp and IS-Net, by the names of `xuebinqin/U-2-Net` and `xuebinqin/DIS`.

use super::Part;

/// What differs between the networks of the family.
#[derive(Debug)]
pub(super) struct Family {
    /// IS-Net begins with a convolution that halves the picture, and ends without one that weighs the sides.
    is_isnet: bool,
    /// Channels read, inner and written of `stage1` to `stage6`.
    down: [[usize; 3]; 6],
    /// The same of `stage5d` down to `stage1d`.
    up: [[usize; 3]; 5],
}

pub(super) const U2NETP: Family = Family {
    is_isnet: false,
    down: [[3, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64]],
    up: [[128, 16, 64]; 5],
};

pub(super) const U2NET: Family = Family {
    is_isnet: false,
    down: [[3, 32, 64], [64, 32, 128], [128, 64, 256], [256, 128, 512], [512, 256, 512], [512, 256, 512]],
    up: [[1024, 256, 512], [1024, 128, 256], [512, 64, 128], [256, 32, 64], [128, 16, 64]],
};

pub(super) const ISNET: Family = Family {
    is_isnet: true,
    down: [[64, 32, 64], [64, 32, 128], [128, 64, 256], [256, 128, 512], [512, 256, 512], [512, 256, 512]],
    ..U2NET
};

/// Levels of the blocks of stages 1 to 6: RSU-7, 6, 5, 4, and twice RSU-4F, which has the names of RSU-4.
const LEVELS: [usize; 6] = [7, 6, 5, 4, 4, 4];

pub(super) fn parts(family: &Family) -> Vec<Part> {
    let plain = |name: String, shape| Part::Conv { name, shape, norm: None };
    let mut parts = Vec::new();
    if family.is_isnet {
        parts.push(plain("conv_in".to_owned(), [64, 3, 3, 3]));
    }
    for (stage, channels) in (1..).zip(family.down) {
        parts.extend(block(&format!("stage{stage}"), LEVELS[stage - 1], channels));
    }
    for (stage, channels) in (1..=5).rev().zip(family.up) {
        parts.extend(block(&format!("stage{stage}d"), LEVELS[stage - 1], channels));
    }
    // A side reads what the way up wrote at its level; the coarsest, what the way down did.
    let written = family.up.iter().rev().chain(family.down.last()).map(|[_, _, to]| *to);
    parts.extend((1..).zip(written).map(|(n, from)| plain(format!("side{n}"), [1, from, 3, 3])));
    if !family.is_isnet {
        parts.push(plain("outconv".to_owned(), [1, 6, 1, 1]));
    }
    parts
}

/// A residual U: in, down to `levels`, and up again with what the way down left.
fn block(name: &str, levels: usize, [from, inner, to]: [usize; 3]) -> Vec<Part> {
    let conv = |layer: String, from: usize, to: usize| Part::Conv {
        name: format!("{name}.{layer}.conv_s1"),
        shape: [to, from, 3, 3],
        norm: Some(format!("{name}.{layer}.bn_s1")),
    };
    let mut parts = vec![conv("rebnconvin".to_owned(), from, to)];
    parts.extend((1..=levels).map(|n| conv(format!("rebnconv{n}"), if n == 1 { to } else { inner }, inner)));
    parts.extend((1..levels).rev().map(|n| conv(format!("rebnconv{n}d"), 2 * inner, if n == 1 { to } else { inner })));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_in_down_and_up() {
        let names: Vec<String> = block("s", 4, [3, 16, 64])
            .iter()
            .flat_map(Part::tensors)
            .filter_map(|(name, shape)| Some(format!("{} {:?}", name[2..].strip_suffix(".weight")?, &shape[..2])))
            .collect();
        assert_eq!(
            names.join(", "),
            "rebnconvin.conv_s1 [64, 3], rebnconv1.conv_s1 [16, 64], rebnconv2.conv_s1 [16, 16], rebnconv3.conv_s1 [16, 16], \
             rebnconv4.conv_s1 [16, 16], rebnconv3d.conv_s1 [16, 32], rebnconv2d.conv_s1 [16, 32], rebnconv1d.conv_s1 [64, 32]"
        );
    }
}
