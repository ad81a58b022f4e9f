// What Cloudflare's service was seen to answer, pixel by pixel.

import { equal, ok, shows } from "./check.mjs";
import { BLACK, CLEAR, RED, WHITE, decoded, plain, png, stream } from "./pictures.mjs";

async function made(transformer) {
  const result = await transformer.output({ format: "image/png" });
  equal(result.contentType(), "image/png", "the content type");
  return decoded(new Uint8Array(await new Response(result.image()).arrayBuffer()));
}

const red = async () => stream(await plain(4, 2, RED));
const padding = { width: 8, height: 8, fit: "pad", background: "transparent" };
const inside = (value, from, to) => from <= value && value <= to;

export default {
  async "padding with transparency"({ images }) {
    const picture = await made(images.input(await red()).transform(padding));
    shows(picture, 8, 8, (x, y) => (inside(y, 2, 5) ? RED : CLEAR), 0);
  },

  async "drawing inside what is opaque"({ images }) {
    const black = stream(await plain(8, 8, BLACK));
    const picture = await made(
      images
        .input(await red())
        .transform(padding)
        .draw(black, { composite: "in" }),
    );
    shows(picture, 8, 8, (x, y) => (inside(y, 2, 5) ? BLACK : CLEAR), 0);
  },

  async "a transparent border"({ images }) {
    const border = { color: "rgba(0,0,0,0)", width: 3 };
    const picture = await made(images.input(await red()).transform({ border }));
    shows(picture, 10, 8, (x, y) => (inside(x, 3, 6) && inside(y, 3, 4) ? RED : CLEAR), 0);
  },

  async "blur spreads into transparency"({ images }) {
    const square = await png(10, 10, (x, y) => (inside(x, 3, 6) && inside(y, 3, 6) ? RED : CLEAR));
    const picture = await made(images.input(stream(square)).transform({ blur: 3 }));
    equal([picture.width, picture.height], [10, 10], "the size");
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 10; x++) ok(picture.at(x, y)[3] > 0, `pixel ${x},${y} is transparent`);
    }
    // Color is not compared: Cloudflare's was multiplied with alpha, which a PNG's must not be.
    const alphas = [
      [[5, 5], 137],
      [[2, 5], 75],
      [[0, 0], 1],
    ];
    for (const [[x, y], alpha] of alphas) {
      ok(Math.abs(picture.at(x, y)[3] - alpha) <= 1, `alpha at ${x},${y} is ${picture.at(x, y)[3]}, expected ${alpha}`);
    }
  },

  async "drawing at half opacity"({ images }) {
    const white = stream(await plain(8, 8, WHITE));
    const dot = stream(await plain(2, 2, RED));
    const picture = await made(images.input(white).draw(dot, { left: 2, top: 3, opacity: 0.5 }));
    shows(picture, 8, 8, (x, y) => (inside(x, 2, 3) && inside(y, 3, 4) ? [255, 128, 128, 255] : WHITE), 0);
  },
};
