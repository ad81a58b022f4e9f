// A colour under the picture (a: premultiplied), seen where the picture lets it through.
fn background(color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
    return color + a * (1.0 - color.a);
}
