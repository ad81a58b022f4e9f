// env.IMAGES: every method, as the runtime's own client sends it.

import { equal, ok, refuses, shows } from "./check.mjs";
import { BLACK, BLUE, CLEAR, GREEN, RED, WHITE, decoded, described, plain, png, raw, stream } from "./pictures.mjs";

async function bytes(result) {
  return new Uint8Array(await new Response(result.image()).arrayBuffer());
}

// What comes out, without an encoder between.
async function pixels(transformer, width, height) {
  return raw(await bytes(await transformer.output({ format: "rgba" })), width, height, 4);
}

// Every pixel its own color, so that each can be found again.
const map = (x, y) => [x * 60, y * 60, 40, 255];
const mapped = async (width, height) => stream(await png(width, height, map));

async function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function draws(options, expected) {
  return async ({ images }) => {
    const base = images.input(stream(await plain(8, 6, WHITE)));
    const dot = stream(await plain(2, 2, RED));
    shows(await pixels(base.draw(dot, options), 8, 6), 8, 6, (x, y) => (expected(x, y) ? RED : WHITE));
  };
}

// Left half of base and layer opaque, in all four combinations: base blue, layer green.
function composes(composite, both, baseOnly, layerOnly) {
  return async ({ images }) => {
    const base = await png(4, 4, (x) => (x < 2 ? BLUE : CLEAR));
    const layer = await png(4, 4, (x, y) => (y < 2 ? GREEN : CLEAR));
    const drawn = images.input(stream(base)).draw(stream(layer), { composite });
    const expected = (x, y) => (x < 2 ? (y < 2 ? both : baseOnly) : y < 2 ? layerOnly : CLEAR);
    shows(await pixels(drawn, 4, 4), 4, 4, expected);
  };
}

function tells(path, expected) {
  return async ({ images, origin }) => equal(await images.info(await origin.read(path)), expected, "info");
}

function writes(format, options = {}) {
  return async ({ images, origin }) => {
    const input = images.input(await origin.read("coffee.jpg")).transform({ width: 60 });
    const result = await input.output({ format, ...options });
    equal(result.contentType(), format, "the content type");
    equal(described(await bytes(result)), { format, width: 60, height: 40 }, "the file");
  };
}

const inside = (value, from, to) => from <= value && value <= to;

export default {
  "info of a JPEG": tells("coffee.jpg", { format: "image/jpeg", fileSize: 103579, width: 600, height: 400 }),
  "info of a PNG": tells("logo.png", { format: "image/png", fileSize: 31291, width: 256, height: 256 }),

  "info of a picture that lies on its side": tells("turned.jpg", {
    format: "image/jpeg",
    fileSize: 103615,
    width: 400,
    height: 600,
  }),

  async "info of base64"({ images }) {
    const file = await plain(5, 7, RED);
    const info = await images.info(stream(await base64(file)), { encoding: "base64" });
    equal(info, { format: "image/png", fileSize: file.length, width: 5, height: 7 }, "info");
  },

  async "info of no picture"({ images }) {
    await refuses(images.info(stream("hello")), 9412, "IMAGES_INFO_ERROR 9412: ");
  },

  "output as JPEG": writes("image/jpeg", { quality: 60 }),
  "output as PNG": writes("image/png"),
  "output as WebP": writes("image/webp", { quality: "low" }),
  "output as AVIF": writes("image/avif"),
  "output as GIF": writes("image/gif"),

  async "a GIF keeps few colors and what is clear"({ images }) {
    const pixel = (x, y) => (x === 0 ? CLEAR : map(x, y));
    const result = await images.input(stream(await png(4, 3, pixel))).output({ format: "image/gif" });
    shows(await pixels(images.input(stream(await bytes(result))), 4, 3), 4, 3, pixel);
  },

  async "a picture that lies on its side is turned"({ images, origin }) {
    const result = await images
      .input(await origin.read("turned.jpg"))
      .transform({ width: 40 })
      .output({ format: "image/jpeg" });
    equal(described(await bytes(result)), { format: "image/jpeg", width: 40, height: 60 }, "the file");
  },

  async "output as rgb and rgba"({ images }) {
    for (const [format, channels] of [
      ["rgb", 3],
      ["rgba", 4],
    ]) {
      const result = await images.input(await mapped(4, 3)).output({ format });
      ok(result.contentType(), "there is a content type");
      shows(raw(await bytes(result), 4, 3, channels), 4, 3, map);
    }
  },

  async "samples keep their straight alpha"({ images }) {
    const pixel = (x) => [200, 100, 50, [255, 128, 64, 0][x]];
    const input = images.input(stream(await png(4, 1, pixel)));
    shows(await pixels(input, 4, 1), 4, 1, pixel, 2);
  },

  async "quality counts"({ images, origin }) {
    const size = async (quality) => {
      const input = images.input(await origin.read("coffee.jpg")).transform({ width: 120 });
      return (await bytes(await input.output({ format: "image/jpeg", quality }))).length;
    };
    const sizes = [await size(20), await size("medium-high"), await size(95)];
    ok(sizes[0] < sizes[1] && sizes[1] < sizes[2], `sizes ${sizes} do not grow`);
  },

  async "a background under what is transparent"({ images }) {
    const input = images.input(stream(await png(4, 2, (x) => (x < 2 ? RED : CLEAR))));
    const result = await input.output({ format: "image/png", background: "#00ff00" });
    shows(await decoded(await bytes(result)), 4, 2, (x) => (x < 2 ? RED : GREEN), 0);
  },

  async "an answer has its type, and the headers that are added"({ images }) {
    const result = await images.input(await mapped(4, 3)).output({ format: "image/png" });
    const response = result.response({ headers: { "cache-control": "no-cache", "content-type": "text/plain" } });
    equal(response.headers.get("content-type"), "image/png", "content-type");
    equal(response.headers.get("cache-control"), "no-cache", "cache-control");
    shows(await decoded(new Uint8Array(await response.arrayBuffer())), 4, 3, map, 0);
  },

  async "base64 in and out"({ images }) {
    const input = stream(await base64(await png(4, 3, map)));
    const result = await images
      .input(input, { encoding: "base64" })
      .transform({ flip: "h" })
      .output({ format: "image/png" });
    const text = await new Response(result.image({ encoding: "base64" })).text();
    const file = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    shows(await decoded(file), 4, 3, (x, y) => map(3 - x, y), 0);
  },

  async "input that is no stream"({ images }) {
    const file = await png(4, 3, map);
    shows(await pixels(images.input(file.buffer), 4, 3), 4, 3, map);
  },

  async "nothing to do"({ images }) {
    shows(await pixels(images.input(await mapped(4, 3)), 4, 3), 4, 3, map);
  },

  async "transforms run in the order of the calls"({ images }) {
    const rotated = images
      .input(await mapped(4, 2))
      .transform({ rotate: 90 })
      .transform({ flip: "h" });
    shows(await pixels(rotated, 2, 4), 2, 4, (x, y) => map(y, x));
    // One pass flips first.
    const once = images.input(await mapped(4, 2)).transform({ rotate: 90, flip: "h" });
    shows(await pixels(once, 2, 4), 2, 4, (x, y) => map(3 - y, 1 - x));
  },

  async "a transform works on what the one before it made"({ images }) {
    const input = images.input(await mapped(4, 4)).transform({ trim: { left: 1, top: 2 } });
    const cut = input.transform({ trim: { right: 1 } });
    shows(await pixels(cut, 2, 2), 2, 2, (x, y) => map(x + 1, y + 2));
  },

  async "options that the types do not name"({ images }) {
    const input = images.input(stream(await plain(6, 4, RED))).transform({ width: 12, dpr: 2, fit: "scale-up" });
    shows(await pixels(input, 24, 16), 24, 16, () => RED);
  },

  "draw in the middle": draws({}, (x, y) => inside(x, 3, 4) && inside(y, 2, 3)),
  "draw by left and top": draws({ left: 1, top: 2 }, (x, y) => inside(x, 1, 2) && inside(y, 2, 3)),
  "draw by right and bottom": draws({ right: 1, bottom: 0 }, (x, y) => inside(x, 5, 6) && inside(y, 4, 5)),
  "draw over an edge": draws({ left: -1, bottom: -1 }, (x, y) => x === 0 && y === 5),
  "draw everywhere": draws({ repeat: true }, () => true),
  "draw a row": draws({ repeat: "x", top: 1 }, (x, y) => inside(y, 1, 2)),
  "draw a column": draws({ repeat: "y", left: 5 }, (x) => inside(x, 5, 6)),

  "composite over": composes("over", GREEN, BLUE, GREEN),
  "composite in": composes("in", GREEN, CLEAR, CLEAR),
  "composite atop": composes("atop", GREEN, BLUE, CLEAR),
  "composite out": composes("out", CLEAR, CLEAR, GREEN),
  "composite xor": composes("xor", CLEAR, BLUE, GREEN),
  "composite lighter": composes("lighter", [0, 255, 255, 255], BLUE, GREEN),

  async "opacity of a layer"({ images }) {
    const base = images.input(stream(await plain(2, 2, WHITE)));
    const drawn = base.draw(stream(await plain(2, 2, BLACK)), { opacity: 0.25 });
    shows(await pixels(drawn, 2, 2), 2, 2, () => [191, 191, 191, 255]);
  },

  async "draws and transforms keep their order"({ images }) {
    const drawn = images
      .input(stream(await plain(4, 4, WHITE)))
      .draw(stream(await plain(1, 1, RED)), { left: 0, top: 0 });
    const turned = drawn.transform({ rotate: 90 }).draw(stream(await plain(1, 1, BLUE)), { left: 0, top: 0 });
    const expected = (x, y) => (y === 0 && x === 3 ? RED : y === 0 && x === 0 ? BLUE : WHITE);
    shows(await pixels(turned, 4, 4), 4, 4, expected);
  },

  async "a tree of transformers"({ images }) {
    // The canvas is turned; on it a turned layer, a layer with a layer of its own turned with it, and one more.
    const dot = async (color) => stream(await plain(1, 1, color));
    const first = images.input(stream(await png(2, 1, (x) => (x === 0 ? RED : GREEN)))).transform({ rotate: 180 });
    const third = images.input(await dot(BLACK));
    const second = images
      .input(stream(await plain(2, 1, BLUE)))
      .draw(third, { left: 0, top: 0 })
      .transform({ rotate: 270 });
    const canvas = images.input(stream(await plain(4, 6, WHITE))).transform({ rotate: 90 });
    const drawn = canvas
      .draw(first, { left: 0, top: 0 })
      .draw(second, { right: 0, top: 0 })
      .draw(await dot([9, 8, 7, 255]), { left: 2, bottom: 0 });
    const spots = { "0,0": GREEN, "1,0": RED, "5,0": BLUE, "5,1": BLACK, "2,3": [9, 8, 7, 255] };
    shows(await pixels(drawn, 6, 4), 6, 4, (x, y) => spots[`${x},${y}`] ?? WHITE);
  },

  async "a text on its own"({ images, origin }) {
    const text = images.text("Hi", { font: { url: origin.url("font.ttf") }, size: 40, color: "#ff0000" });
    const result = await text.output({ format: "image/png" });
    const picture = await decoded(await bytes(result));
    let inked = 0;
    for (let y = 0; y < picture.height; y++) {
      for (let x = 0; x < picture.width; x++) {
        const [r, g, b, alpha] = picture.at(x, y);
        if (alpha < 200) continue;
        inked += 1;
        ok(r > 250 && g < 5 && b < 5, `pixel ${x},${y} is ${[r, g, b]}, and not red`);
      }
    }
    const area = picture.width * picture.height;
    ok(inside(picture.height, 25, 80) && inside(picture.width, 25, 80), `${picture.width}x${picture.height}`);
    ok(inked > area / 20 && inked < area / 2, `${inked} of ${area} pixels are inked`);
  },

  async "a text on a picture"({ images, origin }) {
    const text = images.text("Hi", { font: { url: origin.url("font.ttf") }, size: 30 }).transform({ rotate: 90 });
    const base = images.input(stream(await plain(60, 60, WHITE)));
    const picture = await pixels(base.draw(text, { left: 10, top: 10 }), 60, 60);
    const dark = (x0, y0, x1, y1) => {
      let count = 0;
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) count += picture.at(x, y)[0] < 60 ? 1 : 0;
      return count;
    };
    ok(dark(10, 10, 60, 60) > 50, "the text is there");
    equal([dark(0, 0, 10, 60), dark(0, 0, 60, 10)], [0, 0], "dark pixels where the text is not");
  },

  async "texts and pictures share one numbering"({ images, origin }) {
    const font = { url: origin.url("font.ttf") };
    const base = images.input(stream(await plain(40, 20, WHITE)));
    const drawn = base
      .draw(images.text("I", { font, size: 12 }), { right: 2, top: 2 })
      .draw(images.input(stream(await plain(1, 1, RED))).transform({ width: 4, height: 4, fit: "squeeze" }), {
        left: 0,
        top: 0,
      })
      .draw(images.text("I", { font, size: 12, color: "blue" }), { right: 20, top: 2 });
    const picture = await pixels(drawn, 40, 20);
    equal(picture.at(3, 3), RED, "the picture");
    const found = (wanted, from, to) => {
      for (let y = 0; y < 20; y++) for (let x = from; x < to; x++) if (wanted(picture.at(x, y))) return true;
      return false;
    };
    ok(
      found(([r, g, b]) => r < 130 && b > 200, 5, 25),
      "the blue text",
    );
    ok(
      found(([r, g, b]) => r < 130 && b < 130, 25, 40),
      "the black text",
    );
  },

  async "a font that is not there"({ images, origin }) {
    const text = images.text("Hi", { font: { url: origin.url("gone.ttf") } });
    await refuses(text.output({ format: "image/png" }), 9404);
  },

  async "a font of an origin that is not allowed"({ images }) {
    const text = images.text("Hi", { font: { url: "http://192.0.2.1/font.ttf" } });
    await refuses(text.output({ format: "image/png" }), 9401);
  },

  async "a font that is none"({ images, origin }) {
    const text = images.text("Hi", { font: { url: origin.url("coffee.jpg") } });
    await refuses(text.output({ format: "image/png" }), 9516);
  },

  async "a transformer is used once"({ images }) {
    const input = images.input(await mapped(4, 3));
    await input.output({ format: "image/png" });
    await refuses((async () => input.output({ format: "image/png" }))(), 9525);
    const layer = images.input(await mapped(1, 1));
    const base = images.input(await mapped(4, 3)).draw(layer);
    await refuses((async () => base.draw(layer))(), 9525);
  },

  async "options that are wrong"({ images }) {
    for (const options of [
      { width: -5 },
      { width: "wide" },
      { fit: "shrink" },
      { blur: 251 },
      { background: "no color" },
    ]) {
      const input = images.input(await mapped(4, 3)).transform(options);
      await refuses(input.output({ format: "image/png" }), 9401, "IMAGES_TRANSFORM_ERROR 9401: ");
    }
  },

  async "draw options that are wrong"({ images }) {
    for (const options of [{ left: 1, right: 1 }, { top: 0, bottom: 0 }, { opacity: 2 }, { composite: "under" }]) {
      const drawn = images.input(await mapped(4, 3)).draw(await mapped(1, 1), options);
      await refuses(drawn.output({ format: "image/png" }), 9401, "IMAGES_TRANSFORM_ERROR 9401: ");
    }
  },

  async "layers that are too many or too deep"({ images }) {
    let wide = images.input(await mapped(4, 3));
    for (let count = 0; count < 17; count++) wide = wide.draw(await mapped(1, 1));
    await refuses(wide.output({ format: "image/png" }), 9401);
    let deep = images.input(await mapped(1, 1));
    for (let depth = 0; depth < 5; depth++) deep = images.input(await mapped(4, 3)).draw(deep);
    await refuses(deep.output({ format: "image/png" }), 9401);
  },

  // The test's server takes a megabyte.
  async "sources that are too large"({ images }) {
    const large = () => stream(new Uint8Array(5_000_000));
    await refuses(images.info(large()), 9402);
    await refuses(images.input(large()).output({ format: "image/png" }), 9402);
    const drawn = images.input(await mapped(4, 3)).draw(large());
    await refuses(drawn.output({ format: "image/png" }), 9402);
  },

  async "formats that are not written"({ images }) {
    const input = images.input(await mapped(4, 3));
    await refuses(input.output({ format: "image/tiff" }), 9520, "IMAGES_TRANSFORM_ERROR 9520: ");
  },

  async "a vector picture is told, and drawn where pixels are asked for"({ images }) {
    const vector = () => stream('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>');
    equal(await images.info(vector()), { format: "image/svg+xml" }, "info");
    const drawn = await images.input(vector()).transform({ width: 8 }).output({ format: "image/png" });
    equal(described(await bytes(drawn)), { format: "image/png", width: 8, height: 6 }, "the file");
  },

  async "options that need what is not installed"({ images }) {
    const input = images.input(await mapped(4, 3)).transform({ width: 8, fit: "contain", upscale: "generate" });
    await refuses(input.output({ format: "image/png" }), 9401, "IMAGES_TRANSFORM_ERROR 9401: ");
  },

  async "sources that are no pictures"({ images }) {
    await refuses(images.input(stream("hello")).output({ format: "image/png" }), 9412);
    const drawn = images.input(await mapped(4, 3)).draw(stream("hello"));
    await refuses(drawn.output({ format: "image/png" }), 9412);
    const cut = (await png(40, 30, map)).subarray(0, 60);
    await refuses(images.input(stream(cut)).output({ format: "image/png" }), 9516);
  },
};
