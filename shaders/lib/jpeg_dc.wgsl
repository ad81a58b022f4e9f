// Where the DC values of JPEGs' components stand: component by component, each in the order of the scan.
// brings the params and the first binding of passes over them
#import line

struct Component {
    first: u32,          // number of its first block
    blocks: u32,
    h: u32,              // blocks of an MCU across
    v: u32,              // and down
    across: u32,         // blocks of a row
    word: u32,           // of its first coefficient
    mcus_across: u32,
    interval_mcus: u32,  // MCUs from one restart marker to the next
}

struct Params {
    blocks: u32,         // of all components of all pictures
    component_count: u32,
    _pad0: u32,
    _pad1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> components: array<Component>;

struct Dc {
    word: u32,           // of the block's first coefficient
    start: u32,          // number of the first block since the last restart
}

fn dc_of(index: u32) -> Dc {
    var c = 0u;
    for (var i = 1u; i < params.component_count; i++) {
        if components[i].first <= index { c = i; }
    }
    let component = components[c];
    let in_mcu = component.h * component.v;
    let mcu = (index - component.first) / in_mcu;
    let place = (index - component.first) % in_mcu;
    let x = (mcu % component.mcus_across) * component.h + place % component.h;
    let y = (mcu / component.mcus_across) * component.v + place / component.h;
    let start = component.first + mcu / component.interval_mcus * component.interval_mcus * in_mcu;
    return Dc(component.word + (y * component.across + x) * 32u, start);
}
