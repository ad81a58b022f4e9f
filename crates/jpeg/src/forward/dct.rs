//! The forward DCT of Loeffler, Ligtenberg and Moschytz (1989) in integers, as libjpeg's `islow` (jfdctint.c).

/// Bits after the point of the constants.
const CONST_BITS: u32 = 13;
/// Bits that the first pass keeps for the second.
const PASS1_BITS: u32 = 2;

/// Transforms 64 samples less 128, in rows, where they lie. The result is eight times the DCT of T.81 (A.3.3):
/// about 8200 at most either way, which DC and the frequencies 4 reach.
pub fn dct(block: &mut [i32; 64]) {
    for y in 0..8 {
        let row: [i32; 8] = std::array::from_fn(|x| block[y * 8 + x]);
        let (even, odd) = turn(row);
        block[y * 8] = even[0] << PASS1_BITS;
        block[y * 8 + 4] = even[2] << PASS1_BITS;
        block[y * 8 + 2] = descale(even[1], CONST_BITS - PASS1_BITS);
        block[y * 8 + 6] = descale(even[3], CONST_BITS - PASS1_BITS);
        for (i, value) in odd.into_iter().enumerate() {
            block[y * 8 + 2 * i + 1] = descale(value, CONST_BITS - PASS1_BITS);
        }
    }
    for x in 0..8 {
        let column: [i32; 8] = std::array::from_fn(|y| block[y * 8 + x]);
        let (even, odd) = turn(column);
        block[x] = descale(even[0], PASS1_BITS);
        block[4 * 8 + x] = descale(even[2], PASS1_BITS);
        block[2 * 8 + x] = descale(even[1], CONST_BITS + PASS1_BITS);
        block[6 * 8 + x] = descale(even[3], CONST_BITS + PASS1_BITS);
        for (i, value) in odd.into_iter().enumerate() {
            block[(2 * i + 1) * 8 + x] = descale(value, CONST_BITS + PASS1_BITS);
        }
    }
}

/// Drops `bits` after the point, half rounded up.
fn descale(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

/// Eight values to their frequencies 0, 2, 4, 6 and 1, 3, 5, 7. All have [`CONST_BITS`] after the point, but 0 and 4,
/// which are sums alone and have none.
fn turn(v: [i32; 8]) -> ([i32; 4], [i32; 4]) {
    let [s0, s1, s2, s3] = [v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]];
    let [d0, d1, d2, d3] = [v[0] - v[7], v[1] - v[6], v[2] - v[5], v[3] - v[4]];

    // Figure 1 of the paper, with its rotator of c6 instead of the misprinted c1.
    let (outer, inner) = (s0 - s3, s1 - s2);
    let z = (outer + inner) * 4433; // sqrt(2) c6
    let even = [
        s0 + s3 + s1 + s2,
        z + outer * 6270, // sqrt(2) (c2 - c6)
        s0 + s3 - s1 - s2,
        z - inner * 15137, // sqrt(2) (c2 + c6)
    ];

    // Figure 8, with the factor of sqrt(2) that the paper leaves out.
    let z5 = (d3 + d1 + d2 + d0) * 9633; // c3
    let z1 = (d3 + d0) * -7373; // c7 - c3
    let z2 = (d2 + d1) * -20995; // -c1 - c3
    let z3 = (d3 + d1) * -16069 + z5; // -c3 - c5
    let z4 = (d2 + d0) * -3196 + z5; // c5 - c3
    let odd = [
        d0 * 12299 + z1 + z4, // c1 + c3 - c5 - c7
        d1 * 25172 + z2 + z3, // c1 + c3 + c5 - c7
        d2 * 16819 + z2 + z4, // c1 + c3 - c5 + c7
        d3 * 2446 + z1 + z3,  // -c1 + c3 + c5 - c7
    ];
    (even, odd)
}
