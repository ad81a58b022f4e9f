// Signing keys, and URLs signed with them.

import { call } from "./api.js";
import { announce, attempt, button, confirmed, copying, field, make, problem, snippet, title, waiting } from "./dom.js";
import { signing } from "./sign.js";

export async function show(main, { signal }) {
  main.replaceChildren(title("Keys"), waiting());
  try {
    const [{ keys }, { variants }] = await Promise.all([
      call("GET", "/v1/keys", { signal }),
      call("GET", "/v1/variants", { signal }),
    ]);
    draw(main, keys, Object.keys(variants));
  } catch (error) {
    if (!signal.aborted)
      main.replaceChildren(
        title("Keys"),
        problem(error, () => show(main, { signal })),
      );
  }
}

function draw(main, keys, variants, fresh) {
  const lede = "Private images are delivered only by URLs that one of these keys has signed.";
  const again = (keys, fresh) => draw(main, keys, variants, fresh);
  main.replaceChildren(
    title("Keys"),
    make("p", { className: "lede", textContent: lede }),
    list(keys, again, fresh),
    adding(keys, again),
    make("h2", { textContent: "Signed URL" }),
    variants.length
      ? make("section", { className: "plate" }, signing({ variants, keys }))
      : make("p", { className: "hint", textContent: "There are no variants, so there is nothing to sign." }),
  );
}

function list(keys, again, fresh) {
  const said = make("div");
  const rows = keys.map(({ name, value }) => {
    const secret = make("div", { className: "secret" });
    const open = () => secret.replaceChildren(snippet(value), button("Hide", close, { className: "small" }));
    const close = () =>
      secret.replaceChildren(
        make("span", { className: "hint", textContent: "••••••••" }),
        button("Show", open, { className: "small", "aria-label": `Show ${name}` }),
        copying("Copy", value, { "aria-label": `Copy ${name}` }),
      );
    if (name === fresh) open();
    else close();
    const remove = button("Delete", () => end(name, remove), { className: "small", "aria-label": `Delete ${name}` });
    return make(
      "tr",
      {},
      make("th", { scope: "row", textContent: name }),
      make("td", {}, secret),
      make("td", { className: "tools-cell" }, remove),
    );
  });
  async function end(name, control) {
    const last = keys.length === 1 ? " A new one, “default”, takes its place." : "";
    const question = `All URLs that “${name}” has signed lead nowhere then.${last}`;
    if (!(await confirmed("Delete this key?", question, "Delete"))) return;
    await attempt(control, said, async () => {
      const { keys: left } = await call("DELETE", `/v1/keys/${encodeURIComponent(name)}`);
      announce(`${name} is deleted`);
      again(left);
    });
  }
  const head = ["Name", "Value", "Tools"].map((name) =>
    make("th", { scope: "col", textContent: name, className: name === "Tools" ? "blank" : "" }),
  );
  return make(
    "div",
    {},
    make(
      "div",
      { className: "scroll" },
      make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)),
    ),
    said,
  );
}

function adding(keys, again) {
  const name = make("input", { className: "text", required: true, autocomplete: "off", spellcheck: false });
  const said = make("div");
  const go = button("New key", undefined, { type: "submit" });
  const form = make("form", { className: "inline-form", autocomplete: "off" }, field("Name", name), go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(go, said, async () => {
      const wanted = name.value.trim();
      if (keys.some((key) => key.name === wanted)) throw new Error(`There is a key “${wanted}” already.`);
      const { keys: now } = await call("PUT", `/v1/keys/${encodeURIComponent(wanted)}`);
      announce(`${wanted} is made`);
      again(now, wanted);
    });
  });
  return make("div", {}, form, said);
}
