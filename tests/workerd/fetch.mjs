// fetch(url, {cf: {image}}): what the runtime hands on of it, and what comes back.

import { equal, ok, shows } from "./check.mjs";
import { described, decoded } from "./pictures.mjs";

// The source is coffee.jpg, 600x400, unless `source` says otherwise. `warning` is part of the header's text; without it
// there must be none.
function makes(image, { source = "coffee.jpg", accept, headers = {}, format = "image/jpeg", size, warning = "" }) {
  return async ({ origin }) => {
    const response = await fetch(origin.url(source), { cf: { image }, headers: accept ? { accept, ...headers } : headers });
    const bytes = new Uint8Array(await response.arrayBuffer());
    equal(response.status, 200, new TextDecoder().decode(bytes.subarray(0, 200)));
    equal(response.headers.get("content-type"), format, "content-type");
    const [width, height] = size;
    equal(described(bytes), { format, width, height }, "the file");
    const given = response.headers.get("warning") ?? "";
    ok(warning ? given.includes(`cf-images 299 "${warning}`) : given === "", `the warning is ${JSON.stringify(given)}`);
    const resized = response.headers.get("cf-resized") ?? "";
    ok(resized.startsWith("internal=ok/"), `cf-resized is ${JSON.stringify(resized)}`);
  };
}

// The source is map.png, 6x4: exact, because nothing is resampled.
function paints(image, width, height, expected) {
  return async ({ origin }) => shows(await picture(origin, "map.png", image), width, height, expected);
}

function fails(image, status, code, source = "coffee.jpg", headers = {}) {
  return async ({ origin }) => {
    const response = await fetch(origin.url(source), { cf: { image }, headers });
    const text = await response.text();
    equal([response.status, response.headers.get("cf-resized")], [status, `err=${code}`], text.slice(0, 200));
    ok(text.startsWith(`ERROR ${code}: `), text.slice(0, 200));
  };
}

async function picture(origin, source, image) {
  const response = await fetch(origin.url(source), { cf: { image: { format: "png-force", ...image } } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  equal(response.status, 200, new TextDecoder().decode(bytes.subarray(0, 200)));
  return decoded(bytes);
}

const map = (x, y) => [x * 40, y * 60, 40, 255];
const square = { width: 4, height: 4, fit: "cover" };
const inside = (value, from, to) => from <= value && value <= to;
const small = { width: 60 };
const box = { width: 100, height: 100 };
const browser = "image/avif,image/webp,image/*,*/*;q=0.8";

export default {
  "width": makes({ width: 60 }, { size: [60, 40] }),
  "height": makes({ height: 60 }, { size: [90, 60] }),
  "dpr": makes({ width: 60, dpr: 2 }, { size: [120, 80] }),
  "dpr that is too large": makes({ width: 60, dpr: 4 }, { size: [180, 120], warning: "dpr > 3" }),
  "numbers as text": makes({ width: "60" }, { size: [60, 40] }),

  "fit scale-down": makes({ width: 1200, fit: "scale-down" }, { size: [600, 400] }),
  "fit contain": makes({ ...box, fit: "contain" }, { size: [100, 67] }),
  "fit scale-up": makes({ ...box, fit: "scale-up" }, { size: [600, 400] }),
  "fit cover": makes({ ...box, fit: "cover" }, { size: [100, 100] }),
  "fit crop": makes({ width: 700, height: 100, fit: "crop" }, { size: [600, 100] }),
  "fit aspect-crop": makes({ width: 800, height: 800, fit: "aspect-crop" }, { size: [400, 400] }),
  "fit pad": makes({ ...box, fit: "pad" }, { size: [100, 100] }),
  "fit squeeze": makes({ ...box, fit: "squeeze" }, { size: [100, 100] }),
  "fit cover with one side": makes(
    { width: 60, fit: "cover" },
    { size: [60, 40], warning: "cover fit mode needs both" },
  ),

  "gravity by name": makes({ ...box, fit: "cover", gravity: "left" }, { size: [100, 100] }),
  "gravity by point": makes({ ...box, fit: "cover", gravity: { x: 0.9, y: 0.5 } }, { size: [100, 100] }),
  "gravity by box center": makes(
    { ...box, fit: "cover", gravity: { x: 0.9, y: 0.5, mode: "box-center" } },
    { size: [100, 100] },
  ),
  "gravity auto": makes({ ...box, fit: "cover", gravity: "auto" }, { size: [100, 100] }),
  "gravity entropy": makes({ ...box, fit: "cover", gravity: "entropy" }, { size: [100, 100] }),

  "gravity keeps the left": paints({ ...square, gravity: "left" }, 4, 4, map),
  "gravity keeps the right": paints({ ...square, gravity: "right" }, 4, 4, (x, y) => map(x + 2, y)),
  "gravity keeps the middle": paints(square, 4, 4, (x, y) => map(x + 1, y)),
  "gravity keeps a point": paints({ ...square, gravity: { x: 1, y: 0 } }, 4, 4, (x, y) => map(x + 2, y)),
  "gravity keeps a point in text": paints({ ...square, gravity: "0x0.5" }, 4, 4, map),
  "trim cuts": paints({ trim: { left: 1, top: 2 } }, 5, 2, (x, y) => map(x + 1, y + 2)),
  "flip mirrors": paints({ flip: "v" }, 6, 4, (x, y) => map(x, 3 - y)),
  "rotate turns clockwise": paints({ rotate: 90 }, 4, 6, (x, y) => map(y, 3 - x)),
  "rotate by nothing": paints({ rotate: 360 }, 6, 4, map),
  "background fills bars": paints({ width: 10, height: 4, fit: "pad", background: "#00f" }, 10, 4, (x, y) =>
    inside(x, 2, 7) ? map(x - 2, y) : [0, 0, 255, 255],
  ),
  "border goes around": paints({ border: { color: "red", top: 1, left: 2 } }, 8, 5, (x, y) =>
    x < 2 || y < 1 ? [255, 0, 0, 255] : map(x - 2, y - 1),
  ),

  "trim by sides": makes({ trim: { top: 10, right: 20, bottom: 30, left: 40 } }, { size: [540, 360] }),
  "trim by size": makes({ trim: { left: 40, top: 10, width: 100, height: 50 } }, { size: [100, 50] }),
  "trim by fractions": makes({ trim: { left: 0.25, bottom: 0.5 } }, { size: [450, 200] }),
  "trim of a border": makes({ trim: "border" }, { source: "framed.png", size: [20, 10] }),
  "trim of a border with a color": makes(
    { trim: { border: { color: "white", tolerance: 10, keep: 2 } } },
    { source: "framed.png", size: [24, 14] },
  ),

  "flip and rotate": makes({ width: 60, flip: "hv", rotate: 90 }, { size: [60, 90] }),
  "blur": makes({ ...small, blur: 4 }, { size: [60, 40] }),
  "sharpen": makes({ ...small, sharpen: 1.5 }, { size: [60, 40] }),
  "brightness": makes({ ...small, brightness: 1.2 }, { size: [60, 40] }),
  "contrast": makes({ ...small, contrast: 0.8 }, { size: [60, 40] }),
  "gamma": makes({ ...small, gamma: 0.8 }, { size: [60, 40] }),
  "border": makes({ ...small, border: { color: "red", width: 5 } }, { size: [70, 50] }),
  "border by side": makes({ ...small, border: { color: "red", top: 1, left: 2 } }, { size: [62, 41] }),
  "background": makes({ ...box, fit: "pad", background: "rgb(0 0 255)" }, { size: [100, 100] }),
  "upscale": makes({ width: 700, fit: "contain", upscale: "interpolate" }, { size: [700, 467] }),

  "format auto for a browser": makes(
    { ...small, format: "auto" },
    { accept: browser, format: "image/avif", size: [60, 40] },
  ),
  "format auto for WebP": makes(
    { ...small, format: "auto" },
    { accept: "image/webp", format: "image/webp", size: [60, 40] },
  ),
  "format auto for nothing": makes({ ...small, format: "auto" }, { size: [60, 40] }),
  "format avif": makes({ ...small, format: "avif" }, { format: "image/avif", size: [60, 40] }),
  "format avif too large": makes(
    { width: 1700, fit: "contain", format: "avif" },
    { accept: "image/webp", format: "image/webp", size: [1700, 1133], warning: "image too large for AVIF" },
  ),
  "format webp": makes({ ...small, format: "webp", quality: 100 }, { format: "image/webp", size: [60, 40] }),
  "format jpeg": makes({ ...small, format: "jpeg" }, { size: [60, 40] }),
  "format baseline-jpeg": makes({ ...small, format: "baseline-jpeg" }, { size: [60, 40] }),
  "format gif": makes({ ...small, format: "gif" }, { format: "image/gif", size: [60, 40] }),
  "format png-force": makes({ ...small, format: "png-force" }, { format: "image/png", size: [60, 40] }),
  "format of a transparent source": makes({ width: 20 }, { source: "clear.png", format: "image/png", size: [20, 10] }),
  "quality by number": makes({ ...small, quality: 30 }, { size: [60, 40] }),
  "quality by name": makes({ ...small, quality: "medium-low" }, { size: [60, 40] }),
  "compression": makes({ ...small, format: "avif", compression: "fast" }, { size: [60, 40] }),
  "metadata": makes({ ...small, metadata: "none" }, { size: [60, 40] }),
  "anim": makes({ ...small, anim: false }, { size: [60, 40] }),
  "unknown options": makes({ ...small, nosuch: 1 }, { size: [60, 40], warning: "unknown option 'nosuch'" }),

  async "format json"({ origin }) {
    const response = await fetch(origin.url("coffee.jpg"), { cf: { image: { width: 60, format: "json" } } });
    equal(response.headers.get("content-type"), "application/json", "content-type");
    const { width, height, original, ...ours } = await response.json();
    equal([width, height], [60, 40], "the result");
    equal([original.width, original.height, original.format], [600, 400, "image/jpeg"], "the original");
    equal(Object.keys(ours), ["orientation", "dominant_color", "thumbhash", "blurhash"], "what is ours");
    ok(/^#[0-9a-f]{6}$/.test(ours.dominant_color), ours.dominant_color);
  },

  async "saturation"({ origin }) {
    const grey = await picture(origin, "coffee.jpg", { width: 20, saturation: 0 });
    for (let x = 0; x < 20; x++) {
      const [r, g, b] = grey.at(x, 5);
      ok(Math.max(r, g, b) - Math.min(r, g, b) <= 1, `pixel ${x},5 is ${[r, g, b]}, and not grey`);
    }
  },

  async "draw"({ origin }) {
    const draw = [
      { url: origin.url("red.png"), width: 6, height: 6, fit: "squeeze", left: 2, top: 1 },
      { url: origin.url("red.png"), rotate: 90, right: 0, bottom: 0, opacity: 0.5 },
    ];
    const drawn = await picture(origin, "white.png", { draw });
    shows(drawn, 20, 10, (x, y) => {
      if (inside(x, 2, 7) && inside(y, 1, 6)) return [255, 0, 0, 255];
      return inside(x, 18, 19) && inside(y, 6, 9) ? [255, 128, 128, 255] : [255, 255, 255, 255];
    });
  },

  async "draw a part of the base's width"({ origin }) {
    const draw = [{ url: origin.url("red.png"), width: 0.5, fit: "contain", left: 0, top: 0 }];
    const drawn = await picture(origin, "white.png", { draw });
    shows(drawn, 20, 10, (x, y) => (x < 10 && y < 5 ? [255, 0, 0, 255] : [255, 255, 255, 255]));
  },

  async "draw a text"({ origin }) {
    const draw = [{ text: "M", font: { url: origin.url("font.ttf") }, size: 12, color: "blue" }];
    const drawn = await picture(origin, "white.png", { draw });
    equal([drawn.width, drawn.height], [20, 10], "the size");
    let blue = 0;
    for (let y = 0; y < 10; y++) for (let x = 0; x < 20; x++) blue += drawn.at(x, y)[0] < 100 ? 1 : 0;
    ok(blue > 5, `${blue} pixels are blue`);
  },

  "a source with a query": makes(small, { source: "wide.png?width=7", size: [7, 1] }),
  "a source whose name has odd characters": makes(small, { source: "with space é.png", size: [20, 10] }),
  "a source is asked for by an image resizer": makes(small, { source: "via.png", size: [20, 10] }),

  "a layer that is not there": async (t) => fails({ draw: [{ url: t.origin.url("gone.png") }] }, 404, 9404)(t),
  "a layer with two opposite edges": async (t) =>
    fails({ draw: [{ url: t.origin.url("red.png"), left: 1, right: 1 }] }, 400, 9401)(t),
  "a source that is not there": fails(small, 404, 9404, "gone.jpg"),
  "a source that is no picture": fails(small, 415, 9412, "font.ttf"),
  "a number that is none": fails({ width: "wide" }, 400, 9401),
  "a format that there is not": fails({ format: "mp4" }, 400, 9401),
  "a request that loops": fails(small, 508, 9403, "coffee.jpg", { via: "1.1 image-resizing" }),

  "upscale by a model that is not there": fails({ width: 700, upscale: "generate" }, 400, 9401),
  "a source that is private": fails(small, 401, 9408, "private.png", { authorization: "Bearer sesame" }),
  // The face that a test's model sees is the fifth across and down in the middle, the foreground the left half.
  "gravity face": makes({ ...box, fit: "cover", gravity: "face" }, { size: [100, 100] }),
  "zoom": makes({ gravity: "face", zoom: 1 }, { size: [120, 80] }),
  "face-zoom": makes({ gravity: "face", "face-zoom": 0.5 }, { size: [240, 160] }),
  "segment": async ({ origin }) => {
    const image = await picture(origin, "map.png", { segment: "foreground" });
    equal([0, 5].map((x) => image.at(x, 2)[3]), [255, 0], "the left half stays");
  },
  "segment on a color": async ({ origin }) => {
    const image = await picture(origin, "map.png", { segment: "foreground", background: "red" });
    equal(image.at(5, 2), [255, 0, 0, 255], "the right half is red");
  },
  "onerror is not for Workers": makes({ ...small, onerror: "redirect" }, { size: [60, 40], warning: "onerror has no effect" }),
  "slow-connection-quality": makes(
    { ...small, "slow-connection-quality": 1 },
    { size: [60, 40], headers: { "save-data": "on" } },
  ),
  "width auto by breakpoints": makes(
    { width: "auto", wbreakpoints: "40;80" },
    { size: [80, 53], headers: { "sec-ch-viewport-width": "50" } },
  ),
  "width auto of a phone": makes({ width: "auto", wmobile: 33, wdesktop: 44 }, { size: [33, 22], headers: { "user-agent": "iPhone" } }),
  "width auto of a desktop": makes({ width: "auto", wmobile: 33, wdesktop: 44 }, { size: [44, 29], headers: { "user-agent": "X11" } }),

  "origin-auth": makes(
    { width: 10, "origin-auth": "share-publicly" },
    { source: "private.png", size: [10, 5], headers: { authorization: "Bearer sesame" } },
  ),

  "too many layers": async (t) =>
    fails({ draw: Array.from({ length: 17 }, () => ({ url: t.origin.url("red.png") })) }, 400, 9401)(t),

  async "another method than GET"({ origin }) {
    const response = await fetch(origin.url("coffee.jpg"), { method: "POST", body: "x", cf: { image: small } });
    equal([response.status, response.headers.get("cf-resized")], [403, "err=9419"], await response.text());
  },

  async "only the head"({ origin }) {
    const response = await fetch(origin.url("coffee.jpg"), { method: "HEAD", cf: { image: small } });
    equal([response.status, response.headers.get("content-type")], [200, "image/jpeg"], "the head");
    equal((await response.arrayBuffer()).byteLength, 0, "bytes of the body");
  },

  async "a picture that the Worker has"({ origin }) {
    const ask = (headers) => fetch(origin.url("coffee.jpg"), { cf: { image: small }, headers });
    const first = await ask({});
    await first.arrayBuffer();
    const tag = first.headers.get("etag");
    ok(tag?.startsWith('"cf-'), `the tag is ${tag}`);
    const second = await ask({ "if-none-match": tag });
    equal([second.status, await second.text(), second.headers.get("etag")], [304, "", tag], "the second answer");
  },

  async "many at once"({ origin }) {
    const widths = Array.from({ length: 24 }, (_, at) => 20 + at);
    const ask = async (width) => (await picture(origin, "coffee.jpg", { width })).width;
    equal(await Promise.all(widths.map(ask)), widths, "the widths");
  },

  async "an origin that is not allowed"() {
    const response = await fetch("http://192.0.2.1/a.png", { cf: { image: small } });
    equal([response.status, response.headers.get("cf-resized")], [403, "err=9401"], await response.text());
  },

  async "a fetch without options is not passed on"({ origin }) {
    const response = await fetch(origin.url("coffee.jpg"));
    equal([response.status, response.headers.get("cf-resized")], [403, "err=9419"], await response.text());
  },
};
