// Point operations ride on the store of the pass before them: a short list of instructions, interpreted per pixel.
// The switch over opcodes (`points`) is generated from ops/*.point.wgsl.
#import points

struct Instruction { opcode: u32, _pad0: u32, _pad1: u32, _pad2: u32, a: vec4f, b: vec4f, c: vec4f }

struct Tape { count: u32, _pad0: u32, _pad1: u32, _pad2: u32, instructions: array<Instruction, 16> }

// Storage, not uniform: see Pipelines::new.
@group(1) @binding(0) var<storage, read> tape: Tape;

// False where the tape is empty, so that most pipelines hold no interpreter.
override TAPE: bool = false;

fn tape_apply(color: vec4f) -> vec4f {
    var result = color;
    if TAPE {
        for (var i = 0u; i < tape.count; i++) {
            let instruction = tape.instructions[i];
            result = point_apply(instruction.opcode, result, instruction.a, instruction.b, instruction.c);
        }
    }
    return result;
}
