// One picture after the other through sharp, for measurements from outside: each line of the standard input is a request,
// `INPUT OUTPUT WIDTH QUALITY`, answered by a line with the length of the result. Driven by jpeg_thumbnails.py.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// From where it is run, so that sharp can be installed anywhere.
const sharp = createRequire(`${process.cwd()}/`)("sharp");
sharp.cache(false);
console.log(`sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [input, output, width, quality] = line.split(" ");
  const { size } = await sharp(input).resize(Number(width)).jpeg({ quality: Number(quality) }).toFile(output);
  console.log(size);
}
