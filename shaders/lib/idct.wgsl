// What all inverse DCTs share. A kernel that imports it declares `params.quantization` (16 vec4i) and `coefficients`.

// Four coefficients of a row, two in a word, as numbers of the DCT. `place` counts fours of a block.
fn idct_row(block: u32, place: u32) -> vec4i {
    let word = block * 32u + place * 2u;
    let a = bitcast<i32>(coefficients[word]);
    let b = bitcast<i32>(coefficients[word + 1u]);
    return vec4i((a << 16u) >> 16u, a >> 16u, (b << 16u) >> 16u, b >> 16u) * params.quantization[place];
}

// Divides by a power of two, half rounded up.
fn idct_descale(v: vec4i, bits: u32) -> vec4i {
    return (v + (1i << (bits - 1u))) >> vec4u(bits);
}

// From samples around zero to bytes.
fn idct_code(v: vec4i) -> vec4u {
    return vec4u(min(max(v + 128, vec4i(0)), vec4i(255)));
}

// Four columns of four rows as the words of the rows.
fn idct_words(a: vec4i, b: vec4i, c: vec4i, d: vec4i) -> vec4u {
    return idct_code(a) | (idct_code(b) << vec4u(8u)) | (idct_code(c) << vec4u(16u)) | (idct_code(d) << vec4u(24u));
}
