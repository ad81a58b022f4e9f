// One image: in every variant there is, with all that is known about it and may be changed.

import { call, imagePath, original, preview } from "./api.js";
import { announce, attempt, button, confirmed, copying, field, make, problem, title, toggle, waiting } from "./dom.js";
import { bytes, kind, time } from "./format.js";
import { changed, nameOf } from "./images.js";
import { storedImage } from "./preview.js";
import { signing } from "./sign.js";
import { jsonMistake } from "./metadata.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const escaped = (text) => text.replace(/[&"<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** What a page says to show an image. */
const html = (url, { width, height } = {}) =>
  `<img src="${escaped(url)}"${width ? ` width="${width}" height="${height}"` : ""} alt="" loading="lazy">`;

export async function show(main, { id, signal }) {
  main.replaceChildren(waiting("Loading the image…"));
  try {
    const [image, { variants }, { keys }] = await Promise.all([
      call("GET", imagePath(id), { signal }),
      call("GET", "/v1/variants", { signal }),
      call("GET", "/v1/keys", { signal }),
    ]);
    if (signal.aborted) return;
    main.replaceChildren(...detail(image, Object.values(variants), keys, signal));
  } catch (error) {
    if (signal.aborted) return;
    const back = make("a", { className: "button", href: "#/images", textContent: "All images" });
    main.replaceChildren(title("No image to show"), problem(error), back);
  }
}

function detail(image, variants, keys, signal) {
  const stage = make("div", { className: "stage" });
  const shown = make("p", { className: "stage-note", role: "status" });
  const rows = variants.map((variant) => variantRow(image, variant, () => choose(variant)));

  function choose(variant) {
    rows.forEach(({ row, name }) => row.toggleAttribute("data-chosen", name === variant.id));
    rows.forEach(({ pick, name }) => pick.setAttribute("aria-pressed", name === variant.id));
    shown.textContent = `${variant.id}: loading…`;
    const about = `${nameOf(image)} as ${variant.id}`;
    const picture = storedImage(image.id, variant.options, about, {
      onShown: (what) => (shown.textContent = `${variant.id}: ${described(what)}`),
      onFailed: (error) => (shown.textContent = `${variant.id}: ${error.message}`),
    });
    stage.replaceChildren(picture);
  }
  if (variants.length) choose(variants[0]);

  const back = make("a", { className: "back", href: "#/images", textContent: "Images" });
  const heading = title(
    nameOf(image),
    image.requireSignedURLs && make("span", { className: "badge", textContent: "private" }),
  );
  const left = make(
    "div",
    { className: "detail-left" },
    stage,
    shown,
    make("h2", { textContent: "Variants" }),
    variants.length
      ? make(
          "ul",
          { className: "variant-rows" },
          rows.map(({ row }) => row),
        )
      : make(
          "p",
          { className: "hint" },
          "There are no variants, so nothing is delivered. ",
          make("a", { href: "#/new-variant", textContent: "Make one" }),
        ),
  );
  if (image.requireSignedURLs && variants.length)
    left.append(make("h2", { textContent: "Signed URL" }), signedUrl(image, variants, keys));
  const right = make(
    "div",
    { className: "detail-right" },
    facts(image, signal),
    about(image),
    privacy(image),
    ending(image),
  );
  return [back, heading, make("div", { className: "detail" }, left, right)];
}

const described = ({ width, height, bytes: size, type }) => `${width}×${height}, ${bytes(size)}, ${kind(type)}`;

function signedUrl(image, variants, keys) {
  const names = variants.filter((variant) => !variant.neverRequireSignedURLs).map(({ id }) => id);
  if (!names.length)
    return make("p", { className: "hint", textContent: "All variants are always public; none needs a signature." });
  return signing({ image, variants: names, keys });
}

function variantRow(image, variant, choose) {
  const url = image.variants.find((url) => url.endsWith(`/${encodeURIComponent(variant.id)}`)) ?? "";
  const note = make("span", { className: "variant-note", textContent: "…" });
  let size;
  const picture = storedImage(image.id, variant.options, "", {
    onShown: (what) => {
      size = what;
      note.textContent = described(what);
    },
    onFailed: (error) => (note.textContent = error.message),
  });
  const isLocked = image.requireSignedURLs && !variant.neverRequireSignedURLs;
  const pick = button("", choose, { className: "variant-pick", "aria-label": `Show ${variant.id}` });
  pick.append(picture);
  const row = make(
    "li",
    {},
    pick,
    make(
      "div",
      { className: "variant-about" },
      make("b", { textContent: variant.id }),
      isLocked && make("span", { className: "badge", textContent: "needs a signature" }),
      note,
      make("code", { className: "variant-url", textContent: url }),
    ),
    make(
      "div",
      { className: "row" },
      copying("Copy URL", url, { "aria-label": `Copy the URL of ${variant.id}` }),
      copying("Copy HTML", () => html(url, size), { "aria-label": `Copy HTML for ${variant.id}` }),
    ),
  );
  return { row, pick, name: variant.id };
}

/** What is known, and is as it is. */
function facts(image, signal) {
  const source = make("span", { textContent: "…" });
  const save = button("Download", () => attempt(save, note, () => download(image, signal)), { className: "small" });
  const note = make("div");
  // As the server sees it: an answer in words instead of a picture.
  preview(image.id, { format: "json" }, signal)
    .then(async (blob) => {
      const { original: seen } = JSON.parse(await blob.text());
      source.textContent = `${seen.width}×${seen.height}, ${bytes(seen.file_size)}, ${kind(seen.format)}`;
    })
    .catch(() => (source.textContent = "unknown"));
  const fact = (name, ...values) => [make("dt", { textContent: name }), make("dd", {}, values)];
  const list = make(
    "dl",
    { className: "facts" },
    fact("ID", make("code", { textContent: image.id }), copying("Copy", image.id, { "aria-label": "Copy the ID" })),
    image.filename && fact("File", image.filename),
    fact("Original", source),
    fact("Uploaded", time(image.uploaded)),
  );
  return make("section", { className: "plate" }, list, make("div", { className: "row" }, save), note);
}

async function download(image, signal) {
  const url = URL.createObjectURL(await original(image.id, signal));
  const link = make("a", { href: url, download: image.filename || image.id.replaceAll("/", "-") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** What its owner says about it. */
function about(image) {
  const creator = make("input", { className: "text", value: image.creator ?? "", autocomplete: "off" });
  const text = image.meta ? JSON.stringify(image.meta, null, 2) : "";
  const metadata = make("textarea", { rows: 5, value: text, placeholder: '{"album": "summer"}', spellcheck: false });
  const said = make("div", { role: "status" });
  const save = button("Save", undefined, { type: "submit" });
  const form = make(
    "form",
    { className: "plate", autocomplete: "off" },
    make("h2", { textContent: "About it" }),
    field("Creator", creator),
    field("Metadata", metadata, "A JSON object, which lists can be filtered by. It is never delivered."),
    make("div", { className: "row" }, save, said),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await attempt(save, said, async () => {
      const mistake = jsonMistake(metadata.value);
      if (mistake) throw new Error(mistake);
      const json = {
        creator: creator.value || null,
        metadata: metadata.value.trim() ? JSON.parse(metadata.value) : null,
      };
      const now = await call("PATCH", imagePath(image.id), { json });
      changed(image.id, now);
    });
    if (!done) return;
    said.replaceChildren(make("span", { className: "done", textContent: "Saved" }));
    setTimeout(() => said.querySelector(".done")?.remove(), 2500);
  });
  return form;
}

/** Whether URLs need a signature. Changing it gives the image another ID, so it is asked first. */
function privacy(image) {
  const said = make("div");
  const isCustom = !UUID.test(image.id);
  const hint = isCustom
    ? "Images with an ID of one's own are always public."
    : "Then only variants that are always public need no signature.";
  const { control, row } = toggle("Private", image.requireSignedURLs, change, hint);
  control.disabled = isCustom;

  async function change() {
    const wanted = control.checked;
    const question =
      "The image gets a new ID with that, and its URLs so far lead nowhere. Pages that show it need the new ones.";
    if (
      !(await confirmed(
        wanted ? "Make it private?" : "Make it public?",
        question,
        wanted ? "Make private" : "Make public",
      ))
    ) {
      control.checked = !wanted;
      return;
    }
    const done = await attempt(control, said, async () => {
      const now = await call("PATCH", imagePath(image.id), { json: { requireSignedURLs: wanted } });
      changed(image.id, now);
      announce(wanted ? "It is private now" : "It is public now");
      location.replace(`#/images/${encodeURIComponent(now.id)}`);
    });
    if (!done) control.checked = !wanted;
  }
  return make("section", { className: "plate" }, row, said);
}

function ending(image) {
  const said = make("div");
  const remove = button("Delete", end, { className: "danger" });
  async function end() {
    const question = `“${nameOf(image)}” and all its variants are gone with that, for everybody and for good.`;
    if (!(await confirmed("Delete this image?", question, "Delete"))) return;
    await attempt(remove, said, async () => {
      await call("DELETE", imagePath(image.id));
      changed(image.id, null);
      announce("The image is deleted");
      location.hash = "#/images";
    });
  }
  return make("section", { className: "plate ending" }, make("div", { className: "row" }, remove), said);
}
