// An affine map of premultiplied colour: rows a, b, c; their fourth number is the offset, which alpha scales.
fn color_matrix(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    let mapped = vec3f(dot(a, color), dot(b, color), dot(c, color));
    return vec4f(min(max(mapped, vec3f(0.0)), vec3f(color.a)), color.a);
}
