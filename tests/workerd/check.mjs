// What a case says when it is not satisfied.

export function equal(actual, expected, what) {
  const [is, should] = [written(actual), written(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, expected ${should}`);
}

// Objects are equal whatever the order of their properties.
function written(value) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  return JSON.stringify(isObject ? Object.fromEntries(Object.entries(value).sort()) : value);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

// The promise fails as the binding's errors do: with this code, and a message of this beginning.
export async function refuses(promise, code, beginning = "") {
  let result;
  try {
    result = await promise;
  } catch (error) {
    equal(error.code, code, `the code of ${JSON.stringify(error.message)}`);
    ok(error.message.startsWith(beginning), `${JSON.stringify(error.message)} does not start with ${beginning}`);
    return;
  }
  throw new Error(`there is no error, expected ${code}: ${result}`);
}

// A picture of this size with these pixels: `expected(x, y)` is [r, g, b, a]. Where alpha is 0, color says nothing.
export function shows(picture, width, height, expected, tolerance = 1) {
  equal([picture.width, picture.height], [width, height], "the size");
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [is, should] = [picture.at(x, y), expected(x, y)];
      const clear = is[3] === 0 && should[3] === 0;
      if (!clear && is.some((value, at) => Math.abs(value - should[at]) > tolerance)) {
        throw new Error(`pixel ${x},${y} is ${is}, expected ${should}`);
      }
    }
  }
}
