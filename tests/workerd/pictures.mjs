// Pictures made and read by hand, so that no case reads what tintype wrote with tintype.

// A PNG of 8 bits with alpha; `pixel(x, y)` is [r, g, b, a].
export async function png(width, height, pixel) {
  const rows = new Uint8Array(height * (1 + width * 4));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(pixel(x, y), y * (1 + width * 4) + 1 + x * 4);
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([8, 6], 8);
  const data = await through(rows, new CompressionStream("deflate"));
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return joined([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))]);
}

export function plain(width, height, color) {
  return png(width, height, () => color);
}

export function stream(bytes) {
  return new Blob([bytes]).stream();
}

export const RED = [255, 0, 0, 255];
export const GREEN = [0, 255, 0, 255];
export const BLUE = [0, 0, 255, 255];
export const WHITE = [255, 255, 255, 255];
export const BLACK = [0, 0, 0, 255];
export const CLEAR = [0, 0, 0, 0];

// Samples without a file around them: `channels` bytes a pixel.
export function raw(bytes, width, height, channels) {
  if (bytes.length !== width * height * channels) {
    throw new Error(`${bytes.length} bytes are not ${width}x${height} with ${channels} bytes a pixel`);
  }
  const at = (x, y) => {
    const start = (y * width + x) * channels;
    return [...bytes.subarray(start, start + 3), channels === 4 ? bytes[start + 3] : 255];
  };
  return { width, height, at };
}

// Reads a PNG of 8 bits or fewer, not interlaced.
export async function decoded(bytes) {
  const { width, height } = described(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [depth, kind, interlace] = [bytes[24], bytes[25], bytes[28]];
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[kind];
  if (depth > 8 || interlace || !channels)
    throw new Error(`a PNG of depth ${depth}, kind ${kind}, interlace ${interlace}`);
  const chunks = {};
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    (chunks[name] ??= []).push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const rows = await through(joined(chunks.IDAT), new DecompressionStream("deflate"));
  const [stride, step] = [Math.ceil((width * channels * depth) / 8), Math.ceil((channels * depth) / 8)];
  unfilter(rows, height, stride, step);
  const sample = (x, y, channel) => {
    const bit = (x * channels + channel) * depth;
    const byte = rows[y * (stride + 1) + 1 + (bit >> 3)];
    return (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  };
  const scaled = (x, y, channel) => (sample(x, y, channel) * 255) / ((1 << depth) - 1);
  const [palette, alphas] = [chunks.PLTE?.[0], chunks.tRNS?.[0]];
  const at = (x, y) => {
    if (kind === 3) {
      const index = sample(x, y, 0);
      return [...palette.subarray(index * 3, index * 3 + 3), alphas?.[index] ?? 255];
    }
    const values = Array.from({ length: channels }, (_, channel) => scaled(x, y, channel));
    const color = channels < 3 ? [values[0], values[0], values[0]] : values.slice(0, 3);
    return [...color, channels % 2 ? 255 : values[channels - 1]];
  };
  return { width, height, at };
}

// Format and size, by the file's own header.
export function described(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (text(1, 3) === "PNG") return { format: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
  if (text(0, 3) === "GIF") {
    return { format: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (text(8, 4) === "WEBP") return { format: "image/webp", ...webpSize(view, text(12, 4)) };
  if (text(4, 8) === "ftypavif") {
    let at = 12;
    while (text(at, 4) !== "ispe" && at < bytes.length) at++;
    return { format: "image/avif", width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    for (let at = 2; at < bytes.length; at += 2 + view.getUint16(at + 2)) {
      const marker = bytes[at + 1];
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        return { format: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
      }
    }
  }
  throw new Error(`these ${bytes.length} bytes are no picture: ${text(0, 60)}`);
}

function webpSize(view, chunk) {
  if (chunk === "VP8X") {
    const side = (at) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    return { width: side(24), height: side(27) };
  }
  if (chunk === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

// Undoes the filters of PNG rows, in place (PNG specification, section 9).
function unfilter(rows, height, stride, step) {
  const line = stride + 1;
  for (let y = 0; y < height; y++) {
    const filter = rows[y * line];
    for (let x = 0; x < stride; x++) {
      const at = y * line + 1 + x;
      const left = x < step ? 0 : rows[at - step];
      const up = y === 0 ? 0 : rows[at - line];
      const corner = x < step || y === 0 ? 0 : rows[at - line - step];
      rows[at] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(name, data) {
  const body = joined([new TextEncoder().encode(name), data]);
  const word = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  return joined([word(data.length), body, word(crc(body))]);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum;
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function through(bytes, transform) {
  return new Uint8Array(await new Response(stream(bytes).pipeThrough(transform)).arrayBuffer());
}
