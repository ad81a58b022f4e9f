//! Code lengths for counts: T.81, K.2, with the ties broken as libjpeg breaks them (jpeg_gen_optimal_table).

/// A symbol that never occurs and whose code, being the last, is the one of ones alone.
const RESERVED: usize = 256;

/// How many codes have 1 to 16 bits, and the symbols in the order of their codes.
pub(super) fn lengths(counts: &[u32; 256]) -> ([u8; 16], Vec<u8>) {
    let depth = depths(counts);
    let mut by_length = [0u16; 258];
    for &depth in &depth {
        by_length[depth] += 1;
    }
    by_length[0] = 0;
    // Figure K.3: of a pair that is too deep, one takes the place of their parent, the other goes below a shorter code.
    for deep in (17..by_length.len()).rev() {
        while by_length[deep] > 0 {
            let shorter = (1..deep - 1).rev().find(|&length| by_length[length] > 0).unwrap_or(1);
            by_length[deep] -= 2;
            by_length[deep - 1] += 1;
            by_length[shorter + 1] += 2;
            by_length[shorter] -= 1;
        }
    }
    if let Some(longest) = by_length[..17].iter_mut().rev().find(|count| **count > 0) {
        *longest -= 1;
    }
    let mut symbols: Vec<u8> = (0..=255u8).filter(|&symbol| depth[usize::from(symbol)] > 0).collect();
    symbols.sort_by_key(|&symbol| depth[usize::from(symbol)]);
    (std::array::from_fn(|i| by_length[i + 1] as u8), symbols)
}

/// How deep each symbol is in the tree; zero where it does not occur.
fn depths(counts: &[u32; 256]) -> [usize; 257] {
    // The trees still apart: weight and the symbol that stands for it, in the order of symbols.
    let mut trees: Vec<(u64, usize)> = (counts.iter().enumerate())
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, &count)| (u64::from(count), symbol))
        .collect();
    trees.push((1, RESERVED));
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); 257];
    for &(_, symbol) in &trees {
        members[symbol].push(symbol);
    }
    let mut depth = [0; 257];
    while trees.len() > 1 {
        let (first, second) = two_lightest(&trees);
        let (light, gone) = (trees[first].1, trees[second].1);
        trees[first].0 += trees[second].0;
        trees.remove(second);
        let joined = std::mem::take(&mut members[gone]);
        members[light].extend(joined);
        for &symbol in &members[light] {
            depth[symbol] += 1;
        }
    }
    depth
}

/// Where the lightest tree is, and the lightest besides it; of equal ones that of the larger symbol.
fn two_lightest(trees: &[(u64, usize)]) -> (usize, usize) {
    let (mut first, mut second) = ((u64::MAX, 0), (u64::MAX, 0));
    for (index, &(weight, _)) in trees.iter().enumerate() {
        if weight <= first.0 {
            second = first;
            first = (weight, index);
        } else if weight <= second.0 {
            second = (weight, index);
        }
    }
    (first.1, second.1)
}
