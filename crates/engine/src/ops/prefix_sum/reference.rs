//! The twin of `prefix_sum.wgsl` and the passes before it.

/// For each value the sum of all before it, and that of all.
pub fn sums(values: &[u32]) -> Vec<u32> {
    let mut sums = vec![0_u32];
    for value in values {
        sums.push(sums[sums.len() - 1].wrapping_add(*value));
    }
    sums
}
