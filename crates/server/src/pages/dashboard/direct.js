// One-time URLs, by which somebody without a token uploads one image; and what a page needs to have that done.

import { call } from "./api.js";
import { attempt, button, field, make, select, snippet, title, toggle } from "./dom.js";
import { time } from "./format.js";
import { jsonMistake } from "./metadata.js";

const SPANS_MIN = [
  [5, "5 minutes"],
  [30, "30 minutes"],
  [120, "2 hours"],
  [355, "6 hours"],
];

export async function show(main) {
  const id = make("input", { className: "text", autocomplete: "off", spellcheck: false });
  const creator = make("input", { className: "text", autocomplete: "off" });
  const metadata = make("textarea", { rows: 2, placeholder: '{"album": "summer"}', spellcheck: false });
  const span = select(SPANS_MIN, "30");
  const hidden = toggle("Private", false);
  const said = make("div");
  const result = make("div");
  const go = button("Make a URL", undefined, { type: "submit", className: "primary" });
  const lede =
    "A URL by which somebody uploads one image to you, once and without a token. Programs ask for them at direct_upload; this is the same by hand.";

  const form = make(
    "form",
    { className: "plate direct", autocomplete: "off" },
    make(
      "div",
      { className: "filter-row" },
      field("Good for", span),
      field("Creator", creator),
      field("ID", id, "A UUID if there is none."),
    ),
    field("Metadata", metadata, "A JSON object, which whoever uploads never sees."),
    hidden.row,
    make("div", { className: "row" }, go),
    said,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(go, said, async () => {
      const mistake = jsonMistake(metadata.value);
      if (mistake) throw new Error(mistake);
      const expiry = new Date(Date.now() + span.value * 60_000).toISOString();
      const fields = { id: id.value, creator: creator.value, metadata: metadata.value.trim(), expiry };
      if (hidden.control.checked) fields.requireSignedURLs = "true";
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
      const made = await call("POST", "/v2/direct_upload", { form: body });
      result.replaceChildren(outcome(made, expiry));
      result.querySelector("h2").focus();
    });
  });
  main.replaceChildren(title("Direct uploads"), make("p", { className: "lede", textContent: lede }), form, result);
}

function outcome({ id, uploadURL }, expiry) {
  const script = new URL("/widget.js", location.href).href;
  const tags = `<script src="${script}"></script>\n<tintype-upload url="${uploadURL}" name="image"></tintype-upload>`;
  const curl = `curl -F file=@cat.jpg ${uploadURL}`;
  return make(
    "section",
    { className: "plate made" },
    make("h2", { textContent: "Your URL", tabIndex: -1 }),
    make("p", { className: "hint", textContent: `Good once, until ${time(expiry)}. The image will be ${id}.` }),
    snippet(uploadURL, "Copy URL"),
    make("h3", { textContent: "In a page" }),
    snippet(tags, "Copy HTML"),
    make("h3", { textContent: "In a shell" }),
    snippet(curl, "Copy command"),
    make("h3", { textContent: "Here" }),
    here(uploadURL, script),
  );
}

/** The widget itself, to try it; it needs the URL to lead to this very server. */
function here(uploadURL, script) {
  if (new URL(uploadURL).origin !== location.origin) {
    return make("p", {
      className: "hint",
      textContent: "The widget can be tried here only where uploads go to this page’s own host.",
    });
  }
  if (!customElements.get("tintype-upload")) document.head.append(make("script", { src: script }));
  const widget = make("tintype-upload", { className: "try" });
  widget.setAttribute("url", uploadURL);
  const said = make("p", { className: "hint", role: "status" });
  widget.addEventListener("tintype-uploaded", ({ detail }) => {
    said.replaceChildren(
      "Uploaded: ",
      make("a", { href: `#/images/${encodeURIComponent(detail.id)}`, textContent: detail.id }),
    );
  });
  return make("div", {}, widget, said);
}
