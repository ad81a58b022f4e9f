// Bars, one for each day, as an SVG; the same figures are in a table for those who do not see it.

import { make } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** In the chart's own units: it is drawn as wide as there is room. */
const HEIGHT = 100;
const GAP = 0.22;

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The next number whose half is easily read, too. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 2)));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= Math.max(value, 2));
}

/** `points` are `{ label, value, text }`; `written` writes the figures of the scale. */
export function bars(points, written) {
  const top = roundUp(Math.max(...points.map(({ value }) => value)));
  const line = (y, name) => draw("line", { class: name, x1: 0, x2: points.length, y1: y, y2: y });
  const columns = points.map(({ value, text }, at) => {
    const height = (value / top) * HEIGHT;
    // All of the height answers the pointer, however small the bar is.
    const field = draw("rect", { class: "chart-field", x: at, y: 0, width: 1, height: HEIGHT });
    const bar = draw("rect", { class: "chart-bar", x: at + GAP / 2, y: HEIGHT - height, width: 1 - GAP, height });
    return draw("g", {}, draw("title", {}, text), field, bar);
  });
  const frame = {
    class: "chart",
    viewBox: `0 0 ${points.length} ${HEIGHT}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  };
  const lines = [line(0, "chart-line"), line(HEIGHT / 2, "chart-line")];
  const scale = make(
    "div",
    { className: "chart-scale", "aria-hidden": "true" },
    [top, top / 2, 0].map((value) => make("span", { textContent: written(value) })),
  );
  const ends = make(
    "figcaption",
    { className: "chart-ends" },
    [points[0], points.at(-1)].map(({ label }) => make("span", { textContent: label })),
  );
  return make("figure", {}, scale, draw("svg", frame, ...lines, ...columns, line(HEIGHT, "chart-floor")), ends);
}
