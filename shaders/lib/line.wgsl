// The number of an invocation of a pass over a line: workgroups of 64, counted along x, then y.
const LINE: u32 = 64u;

fn line_group(group: vec3u, groups: vec3u) -> u32 {
    return group.y * groups.x + group.x;
}

fn line_index(group: vec3u, groups: vec3u, local: u32) -> u32 {
    return line_group(group, groups) * LINE + local;
}
