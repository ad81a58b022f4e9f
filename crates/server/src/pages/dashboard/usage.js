// What was delivered: by day, and by variant.

import { call, stats } from "./api.js";
import { bars } from "./chart.js";
import { make, problem, select, title, waiting } from "./dom.js";
import { bytes, day, number } from "./format.js";

const DAY_MS = 86_400_000;
const SPANS = [
  [7, "7 days"],
  [30, "30 days"],
  [90, "90 days"],
  [365, "a year"],
];
const KINDS = { images: number, bytes };
const FLEXIBLE = "options (flexible)";

const iso = (ms) => new Date(ms).toISOString().slice(0, 10);

export async function show(main, { signal }) {
  const span = select(SPANS, "30", load);
  const kind = select(
    [
      ["images", "Images"],
      ["bytes", "Bytes"],
    ],
    "images",
    () => draw(),
  );
  const body = make("div", { className: "stack" });
  let found = null;
  span.setAttribute("aria-label", "Time");
  kind.setAttribute("aria-label", "Figure");
  main.replaceChildren(title("Usage", make("div", { className: "row" }, kind, span)), body);

  async function load() {
    body.replaceChildren(waiting("Counting…"));
    try {
      const since = iso(Date.now() - (span.value - 1) * DAY_MS);
      const [usage, stored] = await Promise.all([call("GET", `/v1/usage?since=${since}`, { signal }), stats(signal)]);
      found = { ...usage, stored };
      draw();
    } catch (error) {
      if (!signal.aborted) body.replaceChildren(problem(error, load));
    }
  }

  function draw() {
    if (found) body.replaceChildren(...drawn(found, kind.value));
  }
  await load();
}

/** Sums by what `key` gives of a row. */
function sums(rows, key) {
  const found = new Map();
  for (const row of rows) {
    const sum = found.get(key(row)) ?? { images: 0, bytes: 0 };
    found.set(key(row), { images: sum.images + row.images, bytes: sum.bytes + row.bytes });
  }
  return found;
}

function drawn({ since, until, usage, stored }, kind) {
  const total = sums(usage, () => "all").get("all") ?? { images: 0, bytes: 0 };
  const figure = (name, value, more) =>
    make(
      "div",
      {},
      make("dt", { textContent: name }),
      make("dd", {}, value, more && make("small", { textContent: more })),
    );
  const figures = make(
    "dl",
    { className: "figures" },
    figure("Delivered", number(total.images), total.images === 1 ? "image" : "images"),
    figure("Sent", bytes(total.bytes)),
    figure("Stored", number(stored.current), `of ${number(stored.allowed)}`),
  );
  const note = make("p", {
    className: "hint",
    textContent:
      "Days are those of UTC. Images are counted that this server sent; those that browsers and caches had already are not among them, and neither is what this page shows.",
  });
  if (!usage.length)
    return [
      figures,
      make(
        "div",
        { className: "empty" },
        make("p", { className: "empty-title", textContent: "Nothing was delivered" }),
        make("p", {
          textContent: "Not in this time. Figures appear some seconds after an image was asked for by one of its URLs.",
        }),
      ),
      note,
    ];

  const byDay = sums(usage, (row) => row.day);
  const points = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += DAY_MS) {
    const name = iso(at);
    const value = byDay.get(name)?.[kind] ?? 0;
    points.push({
      label: day(name),
      value,
      text: `${day(name)}: ${KINDS[kind](value)}${kind === "images" ? (value === 1 ? " image" : " images") : ""}`,
    });
  }
  const byVariant = [...sums(usage, ({ variant }) => variant ?? FLEXIBLE)].sort(([, a], [, b]) => b[kind] - a[kind]);
  return [
    figures,
    make(
      "section",
      { className: "plate" },
      make("h2", { textContent: "By day" }),
      bars(points, KINDS[kind]),
      table(
        ["Day", "Images", "Bytes"],
        [...byDay].reverse().map(([name, sum]) => [day(name), sum]),
        total[kind],
        kind,
        "Figures of all days",
      ),
    ),
    make(
      "section",
      { className: "plate" },
      make("h2", { textContent: "By variant" }),
      table(["Variant", "Images", "Bytes"], byVariant, total[kind], kind),
    ),
    note,
  ];
}

/** Figures in rows, each with its share; folded away under `summary` where there is one. */
function table(head, rows, total, kind, summary) {
  const line = ([name, sum]) => {
    const share = make("meter", { min: 0, max: total || 1, value: sum[kind], "aria-label": `Share of ${name}` });
    return make(
      "tr",
      {},
      make("th", { scope: "row", textContent: name }),
      make("td", { className: "figure", textContent: number(sum.images) }),
      make("td", { className: "figure", textContent: bytes(sum.bytes) }),
      !summary && make("td", { className: "share" }, share),
    );
  };
  const names = head.map((name, at) => make("th", { scope: "col", textContent: name, className: at ? "figure" : "" }));
  if (!summary) names.push(make("th", { scope: "col", textContent: "Share", className: "blank share-head" }));
  const node = make(
    "div",
    { className: "scroll" },
    make("table", {}, make("thead", {}, make("tr", {}, names)), make("tbody", {}, rows.map(line))),
  );
  return summary ? make("details", {}, make("summary", { textContent: summary }), node) : node;
}
