// All variants, and what holds for all of them.

import { call } from "./api.js";
import {
  announce,
  attempt,
  button,
  confirmed,
  field,
  make,
  problem,
  title,
  toggle,
  waiting,
  wholeNumber,
} from "./dom.js";

const MIN_TTL_S = 3600;
const MAX_TTL_S = 31_536_000;

/** A control for how long browsers keep what they get, in seconds. */
export const ttlInput = (properties) => wholeNumber(MIN_TTL_S, MAX_TTL_S, properties);

export async function show(main, { signal }) {
  main.replaceChildren(title("Variants"), waiting());
  try {
    const [{ variants }, config] = await Promise.all([
      call("GET", "/v1/variants", { signal }),
      call("GET", "/v1/config", { signal }),
    ]);
    const add = make("a", { className: "button primary", href: "#/new-variant", textContent: "New variant" });
    const lede = "A variant is a name for how images are delivered: it stands last in their URLs.";
    main.replaceChildren(
      title("Variants", add),
      make("p", { className: "lede", textContent: lede }),
      table(Object.values(variants)),
      settings(config),
    );
  } catch (error) {
    if (!signal.aborted)
      main.replaceChildren(
        title("Variants"),
        problem(error, () => show(main, { signal })),
      );
  }
}

/** A variant's options in a few words. */
export function summary({ fit, width, height, ...others }) {
  const size = width || height ? `${width ?? "auto"}×${height ?? "auto"}` : "as large as it is";
  const rest = Object.entries(others).map(
    ([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  return [size, fit, ...rest].filter(Boolean).join(", ");
}

function table(variants) {
  if (!variants.length) {
    return make(
      "div",
      { className: "empty" },
      make("p", { className: "empty-title", textContent: "No variants" }),
      make("p", { textContent: "Without one, nothing is delivered." }),
    );
  }
  const rows = variants.map((variant) => {
    const row = make(
      "tr",
      {},
      make(
        "th",
        { scope: "row" },
        make("a", { href: `#/variants/${encodeURIComponent(variant.id)}`, textContent: variant.id }),
      ),
      make("td", { textContent: summary(variant.options) }),
      make(
        "td",
        {},
        variant.neverRequireSignedURLs && make("span", { className: "badge", textContent: "always public" }),
      ),
      make(
        "td",
        { className: "tools-cell" },
        button("Delete", () => remove(variant.id, row), { className: "small", "aria-label": `Delete ${variant.id}` }),
      ),
    );
    return row;
  });
  const head = ["Name", "Delivers", "Signatures", "Tools"].map((name) =>
    make("th", { scope: "col", textContent: name, className: name === "Tools" ? "blank" : "" }),
  );
  return make(
    "div",
    { className: "scroll" },
    make("table", { className: "wide" }, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)),
  );
}

async function remove(id, row) {
  const question = `URLs that end in “${id}” lead nowhere then, of all images.`;
  if (!(await confirmed("Delete this variant?", question, "Delete"))) return;
  try {
    await call("DELETE", `/v1/variants/${encodeURIComponent(id)}`);
    row.remove();
    announce(`${id} is deleted`);
  } catch (error) {
    row.after(make("tr", {}, make("td", { colSpan: 4 }, problem(error))));
  }
}

/** The account's own: flexible variants, and how long browsers keep what they get. */
function settings(config) {
  const said = make("div", { role: "status" });
  const patch = async (control, json, done) => {
    const is = await attempt(control, said, () => call("PATCH", "/v1/config", { json }));
    if (is) said.replaceChildren(make("span", { className: "done", textContent: done }));
    return is;
  };
  const flexible = toggle(
    "Flexible variants",
    config.flexible_variants,
    async () => {
      const { control } = flexible;
      const done = await patch(
        control,
        { flexible_variants: control.checked },
        control.checked ? "Flexible variants are on" : "Flexible variants are off",
      );
      if (!done) control.checked = !control.checked;
    },
    "Options may stand where variants do (…/w=400,sharpen=3), for anyone, of images that are not private.",
  );
  const ttl = ttlInput({ value: config.browser_ttl, required: true });
  const save = button("Save", undefined, { type: "submit" });
  const form = make(
    "form",
    {
      className: "inline-form",
      onsubmit: (event) => {
        event.preventDefault();
        patch(save, { browser_ttl: Number(ttl.value) }, "Saved");
      },
    },
    field("Browsers keep images for, in seconds", ttl),
    save,
  );
  const hint =
    "3,600 (an hour) to 31,536,000 (a year). A variant may say something else; private images are kept as long as their URL is good.";
  const about = make("p", { className: "hint", id: "ttl-hint", textContent: hint });
  ttl.setAttribute("aria-describedby", about.id);
  return make(
    "section",
    { className: "plate settings" },
    make("h2", { textContent: "All variants" }),
    flexible.row,
    form,
    about,
    said,
  );
}
