// One variant: what it says, and what an image looks like with it, before anybody else sees that.

import { call } from "./api.js";
import { announce, attempt, button, field, make, problem, select, title, toggle, waiting, wholeNumber } from "./dom.js";
import { bytes, kind } from "./format.js";
import { nameOf } from "./images.js";
import { THUMBNAIL, storedImage } from "./preview.js";
import { ttlInput } from "./variants.js";

const TYPING_MS = 300;

/** Images to try a variant on. */
const SAMPLES = 12;

const FITS = [
  ["scale-down", "never larger than it is"],
  ["contain", "all of it, inside of the size"],
  ["cover", "fills the size, cut if need be"],
  ["crop", "as cover, never larger than it is"],
  ["pad", "all of it, on a ground that fills the size"],
];
const METADATA = [
  ["none", "none"],
  ["copyright", "copyright only"],
  ["keep", "all that is in the file"],
];

/** Options that have controls of their own; all others are in one field. */
const KNOWN = ["fit", "width", "height", "metadata", "blur", "browser_ttl"];

export async function show(main, { name, signal }) {
  main.replaceChildren(title(name ?? "New variant"), waiting());
  try {
    const [found, { images }] = await Promise.all([
      name ? call("GET", `/v1/variants/${encodeURIComponent(name)}`, { signal }) : null,
      call("GET", `/v2?per_page=${SAMPLES}`, { signal }),
    ]);
    if (!signal.aborted) main.replaceChildren(...editor(found?.variant ?? null, images));
  } catch (error) {
    if (signal.aborted) return;
    main.replaceChildren(
      title(name ?? "New variant"),
      problem(error),
      make("a", { className: "button", href: "#/variants", textContent: "All variants" }),
    );
  }
}

function editor(variant, images) {
  const options = variant?.options ?? { fit: "scale-down", width: 800, metadata: "none" };
  const rest = Object.fromEntries(Object.entries(options).filter(([key]) => !KNOWN.includes(key)));

  const name = make("input", {
    className: "text",
    value: variant?.id ?? "",
    required: !variant,
    disabled: Boolean(variant),
    pattern: "[A-Za-z0-9_.\\-]{1,99}",
    title: "Letters, digits, hyphens, underscores and dots",
    autocomplete: "off",
    spellcheck: false,
  });
  const size = (value) => wholeNumber(1, 12000, { value: value ?? "", placeholder: "auto" });
  const [width, height] = [size(options.width), size(options.height)];
  const fit = make(
    "fieldset",
    { className: "fits" },
    make("legend", { textContent: "Fit" }),
    FITS.map(([value, about]) => fitChoice(value, about, value === (options.fit ?? "scale-down"))),
  );
  const metadata = select(METADATA, options.metadata ?? "copyright");
  const blur = make("input", { type: "range", min: 0, max: 250, step: 1, value: options.blur ?? 0 });
  const blurred = make("output", { htmlFor: blur.id });
  const ttl = ttlInput({ value: options.browser_ttl ?? "", placeholder: "as the account says" });
  const others = make("textarea", {
    rows: 3,
    value: Object.keys(rest).length ? JSON.stringify(rest, null, 2) : "",
    placeholder: '{"sharpen": 1, "quality": 75}',
    spellcheck: false,
  });
  const open = toggle(
    "Always public",
    variant?.neverRequireSignedURLs ?? false,
    undefined,
    "Delivers private images too, without a signature: for previews that may be seen before somebody pays.",
  );

  const said = make("div");
  const save = button(variant ? "Save" : "Create", undefined, { type: "submit", className: "primary" });
  const stage = make("div", { className: "stage" });
  const note = make("p", { className: "stage-note", role: "status" });
  let image = images[0] ?? null;

  function read() {
    let more = {};
    if (others.value.trim()) {
      try {
        more = JSON.parse(others.value);
      } catch (error) {
        throw new Error(`Other options are not JSON: ${error.message}.`);
      }
    }
    const numbers = { width, height, browser_ttl: ttl };
    const given = Object.entries(numbers).filter(([, control]) => control.value);
    for (const [key, control] of given)
      if (!control.validity.valid) throw new Error(`${key.replace("_", " ")}: ${control.validationMessage}`);
    return {
      fit: fit.querySelector(":checked").value,
      ...Object.fromEntries(given.map(([key, control]) => [key, Number(control.value)])),
      metadata: metadata.value,
      ...(blur.value > 0 ? { blur: Number(blur.value) } : {}),
      ...more,
    };
  }

  function look() {
    blurred.textContent = blur.value > 0 ? blur.value : "none";
    if (!image) return;
    let options;
    try {
      options = read();
    } catch (error) {
      note.textContent = error.message;
      return;
    }
    note.textContent = "Loading…";
    // What is seen stays until the next is there.
    const next = storedImage(image.id, options, `${nameOf(image)} with these options`, {
      onShown: ({ width, height, bytes: count, type }) => {
        note.textContent = `${width}×${height}, ${bytes(count)}, ${kind(type)}`;
        [...stage.children].filter((child) => child !== next).forEach((child) => child.remove());
      },
      onFailed: (error) => (note.textContent = error.message),
    });
    [...stage.children].slice(1).forEach((child) => child.remove());
    stage.append(next);
  }

  const form = make(
    "form",
    { className: "plate editor-form", autocomplete: "off" },
    field("Name", name, variant ? undefined : "Stands last in URLs. It cannot be changed later."),
    fit,
    make("div", { className: "pair" }, field("Width", width), field("Height", height)),
    field("Blur", make("div", { className: "slider" }, blur, blurred)),
    field("Metadata", metadata),
    field("Browsers keep it for", ttl, "Seconds."),
    open.row,
    make(
      "details",
      { open: Object.keys(rest).length > 0 },
      make("summary", { textContent: "Other options" }),
      field(
        "Options",
        others,
        make(
          "span",
          {},
          "All that Workers can ask for, as JSON; see the ",
          make("a", { href: "/docs", target: "_blank", textContent: "reference" }),
          ".",
        ),
      ),
    ),
    said,
    make(
      "div",
      { className: "row" },
      save,
      make("a", { className: "button", href: "#/variants", textContent: "Cancel" }),
    ),
  );
  let typing;
  form.addEventListener("input", () => {
    blurred.textContent = blur.value > 0 ? blur.value : "none";
    clearTimeout(typing);
    typing = setTimeout(look, TYPING_MS);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await attempt(save, said, async () => {
      const json = { options: read(), neverRequireSignedURLs: open.control.checked };
      if (variant) await call("PATCH", `/v1/variants/${encodeURIComponent(variant.id)}`, { json });
      else await call("POST", "/v1/variants", { json: { id: name.value, ...json } });
    });
    if (!done) return;
    announce(variant ? "The variant is saved" : "The variant is made");
    location.hash = "#/variants";
  });

  const strip = samples(images, (chosen) => {
    image = chosen;
    look();
  });
  look();
  const view = make("div", { className: "editor-view" }, stage, note, strip);
  if (!image)
    stage.append(
      make("p", { className: "hint", textContent: "Upload an image to see here what the variant makes of it." }),
    );
  const back = make("a", { className: "back", href: "#/variants", textContent: "Variants" });
  return [back, title(variant?.id ?? "New variant"), make("div", { className: "editor" }, form, view)];
}

function fitChoice(value, about, checked) {
  const control = make("input", { type: "radio", name: "fit", value, checked });
  return make(
    "label",
    { className: "choice" },
    control,
    make("span", {}, make("b", { textContent: value }), make("small", { textContent: about })),
  );
}

/** Images to choose the one from that is looked at. */
function samples(images, choose) {
  const list = make("ul", { className: "samples", "aria-label": "Image to look at" });
  images.forEach((image, at) => {
    const pick = button(
      "",
      () => {
        list.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", other === pick));
        choose(image);
      },
      { className: "sample", "aria-pressed": at === 0, "aria-label": nameOf(image), title: nameOf(image) },
    );
    pick.append(storedImage(image.id, THUMBNAIL, ""));
    list.append(make("li", {}, pick));
  });
  return list;
}
