// The only writer of working images. A kernel that imports it declares `var dst: Dst`.
#import image
#import tape

fn store(at: vec2u, color: vec4f) {
    textureStore(dst, at, tape_apply(color));
}
