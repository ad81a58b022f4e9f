// Rows of four to columns of four.
fn transpose4(a: vec4i, b: vec4i, c: vec4i, d: vec4i) -> array<vec4i, 4> {
    return array<vec4i, 4>(
        vec4i(a.x, b.x, c.x, d.x), vec4i(a.y, b.y, c.y, d.y), vec4i(a.z, b.z, c.z, d.z), vec4i(a.w, b.w, c.w, d.w),
    );
}
