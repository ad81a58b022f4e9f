// PCG hash of two integers (Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 2020), as a number in [0, 1).
// Integer all the way, so every adapter and the twin agree to the bit.

fn hash_unit(at: vec2u) -> f32 {
    let state = (at.x + at.y * 65537u) * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return f32(((word >> 22u) ^ word) >> 8u) / 16777216.0;
}
