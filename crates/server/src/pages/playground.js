// The playground: controls drawn from the server's own option table, and the picture they ask for.
//
// One direction only: a control changes `state`, `state` becomes a request, the answer is shown whole. The address bar's
// hash is `state` in the form of the transformation URL's tail, `#width=400,fit=cover/astronaut.jpg`, so a link reproduces
// the view. Sections: state · addresses · controls · special controls · viewer · request · results · start.

const $ = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// ---------------------------------------------------------------------------------------------------------------- state

const GROUPS = ["size", "geometry", "drawing", "color", "output", "delivery", "other"];
const GROUP_TITLES = { color: "Colour" };
const DEBOUNCE_MS = 120;
const PREVIEW_EDGE = 2048;

const state = { values: new Map(), source: null, view: "split", zoom: "fit" };
let options = []; // in the server's order, which is the order in the URL
let samples = [];
const canonicalName = new Map();
const controls = new Map();
const uploads = new Map(); // name → File; lives as long as the page

const optionNamed = (name) => options.find((option) => option.name === name);
const defaultOf = (option) => (option.default == null ? null : String(option.default));

/** Sets one option, or clears it with null; equal to the default is clear, so only what was changed enters the URL. */
function setValue(name, value, { commit = false } = {}) {
  const option = optionNamed(name);
  const text = value == null ? "" : String(value).trim();
  if (text === "" || text === defaultOf(option)) state.values.delete(name);
  else state.values.set(name, text);
  showControl(option);
  showCounts();
  schedule();
  if (commit) remember();
}

function remember() {
  const hash = hashOf(state);
  if (hash !== currentHash()) history.pushState(null, "", hash);
}

const currentHash = () => {
  const at = location.href.indexOf("#");
  return at < 0 ? "" : location.href.slice(at);
};

// ------------------------------------------------------------------------------------------------------------ addresses

const encodeValue = (value) => encodeURIComponent(value).replaceAll("%3B", ";").replaceAll("%3A", ":");
const encodeSource = (name) => name.split("/").map(encodeURIComponent).join("/");

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hash typed by hand may hold a lone percent sign
  }
}

function changedPairs() {
  return options.filter(({ name }) => state.values.has(name)).map(({ name }) => [name, state.values.get(name)]);
}

function optionsText() {
  return changedPairs()
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join(",");
}

// The grammar wants at least one option.
const optionsOrAuto = () => optionsText() || "format=auto";

const imagePath = (text, name) => `/cdn-cgi/image/${text}/${encodeSource(name)}`;

function hashOf({ source, view, zoom }) {
  const name = source === null ? "" : source.kind === "upload" ? `upload:${source.name}` : source.name;
  const display = [view === "split" ? "" : `view=${view}`, zoom === "fit" ? "" : `zoom=${zoom}`]
    .filter(Boolean)
    .join("&");
  return `#${optionsText()}/${encodeSource(name)}${display ? `?${display}` : ""}`;
}

/** The hash as state; what it does not say falls back to what a first visit shows. */
function readHash() {
  const [path, display = ""] = currentHash().slice(1).split("?");
  const slash = path.indexOf("/");
  const text = slash < 0 ? path : path.slice(0, slash);
  const name =
    slash < 0
      ? ""
      : path
          .slice(slash + 1)
          .split("/")
          .map(decode)
          .join("/");
  const values = new Map();
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    if (equals < 1) continue;
    const asked = decode(part.slice(0, equals));
    const option = canonicalName.get(asked) ?? asked;
    values.set(option, decode(part.slice(equals + 1)));
  }
  const parameters = new URLSearchParams(display);
  let source = samples.length ? { kind: "sample", name: samples[0] } : null;
  let lost = null;
  if (name.startsWith("upload:")) {
    const upload = name.slice("upload:".length);
    if (uploads.has(upload)) source = { kind: "upload", name: upload };
    else lost = upload;
  } else if (name) {
    source = { kind: "sample", name };
  }
  return {
    values,
    source,
    lost,
    view: parameters.get("view") === "side" ? "side" : "split",
    zoom: parameters.get("zoom") === "actual" ? "actual" : "fit",
  };
}

function applyHash() {
  const read = readHash();
  for (const name of read.values.keys()) if (!optionNamed(name)) addUnknown(name);
  state.values = new Map(
    [...read.values].filter(([name, value]) => value !== "" && value !== defaultOf(optionNamed(name))),
  );
  state.view = read.view;
  state.zoom = read.zoom;
  showNote(
    read.lost && `“${read.lost}” was a dropped picture, which a link cannot carry. Drop it again to continue with it.`,
  );
  document.querySelector(`#view input[value="${state.view}"]`).checked = true;
  document.querySelector(`#zoom input[value="${state.zoom}"]`).checked = true;
  const moved = read.source?.kind !== state.source?.kind || read.source?.name !== state.source?.name;
  state.source = read.source;
  if (moved || !original.loaded) loadOriginal();
  overruling = true;
  options.forEach(showControl);
  overruling = false;
  showCounts();
  showSamples();
  placePictures();
  schedule(0);
}

// ------------------------------------------------------------------------------------------------------------- controls

/** A stand-in for an option in a link that the server's table lacks: the server says what is wrong with it. */
function addUnknown(name) {
  const option = {
    name,
    aliases: [],
    kind: { type: "text" },
    default: null,
    group: "other",
    doc: "Not an option of this server.",
    example: "",
  };
  options.push(option);
  drawOption(option, groupBody("other"));
}

const groupTitle = (group) => GROUP_TITLES[group] ?? group.charAt(0).toUpperCase() + group.slice(1);

function groupBody(group) {
  let details = document.querySelector(`.group[data-group="${CSS.escape(group)}"]`);
  if (!details) {
    const narrow = matchMedia("(max-width: 979px)").matches;
    details = make("details", { className: "group", open: !narrow || group === "size" });
    details.dataset.group = group;
    details.append(
      make("summary", {}, make("h3", { textContent: groupTitle(group) }), make("span", { className: "group-count" })),
    );
    details.append(make("div", { className: "group-body" }));
    $("options").append(details);
  }
  return details.lastElementChild;
}

/** `trim.top`, `trim.border.keep`: details of an option that stands by itself, folded away under its first name. */
function familyBody(name, into) {
  const family = name.slice(0, name.indexOf("."));
  const known = [...into.children].find((child) => child.dataset.family === family);
  if (known) return known.lastElementChild;
  const summary = make("summary", { textContent: `${family} in detail` });
  const details = make("details", { className: "family" }, summary, make("div"));
  details.dataset.family = family;
  into.append(details);
  return details.lastElementChild;
}

function drawOptions() {
  const present = [...new Set(options.map(({ group }) => group || "other"))];
  const order = [
    ...GROUPS.filter((group) => present.includes(group)),
    ...present.filter((group) => !GROUPS.includes(group)),
  ];
  for (const group of order) {
    const body = groupBody(group);
    for (const option of options.filter((other) => (other.group || "other") === group)) drawOption(option, body);
  }
}

function drawOption(option, into) {
  const id = `option-${option.name}`;
  const row = make("div", { className: "option" });
  row.dataset.name = option.name;
  const label = make("label", { textContent: option.name, id: `${id}-label` });
  const alias = make("span", { className: "alias", textContent: (option.aliases ?? []).join(" ") });
  const reset = make("button", {
    type: "button",
    className: "reset",
    textContent: "reset",
    "aria-label": `Reset ${option.name}`,
  });
  reset.addEventListener("click", () => {
    setValue(option.name, null, { commit: true });
    row.querySelector("input, select")?.focus();
  });
  const doc = make("span", { className: "unseen", id: `${id}-doc`, textContent: option.doc ?? "" });
  const about = make("a", {
    className: "about",
    href: `/docs/${encodeURIComponent(option.name)}`,
    textContent: "?",
    title: `All about ${option.name}`,
    "aria-label": `All about ${option.name}`,
  });
  if (option.group === "other") about.hidden = true;
  const head = make("div", { className: "option-head" }, label, alias, about, reset);
  const control = controlFor(option)(option, { id, label, head });
  row.append(head, control.body, doc);
  row.addEventListener("focusin", () => showHelp(option));
  row.addEventListener("pointerenter", () => showHelp(option));
  (option.name.includes(".") ? familyBody(option.name, into) : into).append(row);
  controls.set(option.name, { row, ...control });
}

function controlFor(option) {
  if (option.name === "gravity") return gravityControl;
  if (option.name === "trim") return trimControl;
  const kinds = {
    integer: numberControl,
    number: numberControl,
    choice: choiceControl,
    color: colorControl,
    boolean: switchControl,
  };
  return kinds[option.kind?.type] ?? textControl;
}

function showControl(option) {
  const control = controls.get(option.name);
  const value = state.values.get(option.name) ?? null;
  control.row.classList.toggle("changed", value !== null);
  if (value !== null) control.row.closest(".family")?.setAttribute("open", "");
  control.show(value);
}

function showCounts() {
  const changed = state.values.size;
  $("reset-all").disabled = changed === 0;
  $("changed-count").textContent = changed ? `${changed} set` : "";
  for (const details of document.querySelectorAll(".group")) {
    const count = details.querySelectorAll(".option.changed").length;
    details.querySelector(".group-count").textContent = count ? String(count) : "";
  }
}

function accepts(option) {
  const { type, min, max, choices } = option.kind ?? {};
  if (type === "integer") return `whole numbers ${min} to ${max}`;
  if (type === "number") return `${min} to ${max}`;
  if (type === "choice") return choices.join(", ");
  if (type === "color") return "a CSS colour";
  if (type === "boolean") return "true, false";
  return "text";
}

function showHelp(option) {
  const facts = make("p", { className: "help-facts" }, accepts(option));
  if (option.default != null) facts.append(` · default ${option.default}`);
  if (option.example) facts.append(" · ", make("code", { textContent: option.example }));
  $("help").replaceChildren(make("p", {}, make("b", { textContent: option.name }), " ", option.doc ?? ""), facts);
}

// Sets a field's text unless someone is typing in it; going back and forward does overrule the typing.
let overruling = false;
function showText(field, text) {
  if (overruling || document.activeElement !== field) field.value = text;
}

const tidyNumber = (value, step) =>
  String(Number(value.toFixed(Math.min(6, (String(step).split(".")[1] ?? "").length))));

/** What the slider spans. Ranges made for machines (0 to 255 around a default of 1) are narrowed to where they are useful;
 *  the number field still takes the rest. Wide spans are squared, so that small values get most of the travel. */
function sliderSpan(option) {
  const { type, min = 0, max = 100, step = type === "integer" ? 1 : 0.01 } = option.kind;
  const standard = Number(option.default);
  const pixels = option.name === "width" || option.name === "height";
  let top = max;
  if (pixels) top = Math.min(max, Math.max(256, 2 * (original[option.name] || 1000)));
  else if (standard > 0 && max > 8 * standard) top = 3 * standard;
  else if (max > 10000) top = 4096;
  return { min, top, step, curved: pixels || (top - min) / step > 200 };
}

function numberControl(option, { id, label, head }) {
  const field = make("input", {
    id,
    type: "text",
    inputMode: "decimal",
    className: "number",
    spellcheck: false,
    "aria-describedby": `${id}-doc`,
  });
  const slider = make("input", {
    type: "range",
    min: 0,
    max: 1000,
    step: "any",
    "aria-label": `${option.name}, slider`,
  });
  label.htmlFor = id;
  head.append(field);
  const resting = () => {
    if (option.name === "width" || option.name === "height") return original[option.name] || null;
    return option.default == null ? null : Number(option.default);
  };
  const toSlider = (value, { min, top, curved }) => {
    const share = Math.min(1, Math.max(0, (value - min) / (top - min)));
    return curved ? Math.sqrt(share) * 1000 : share * 1000;
  };
  const fromSlider = (position, { min, top, step, curved }) => {
    const share = position / 1000;
    const value = min + (curved ? share * share : share) * (top - min);
    return tidyNumber(min + Math.round((value - min) / step) * step, step);
  };
  const nudge = (event) => {
    const span = sliderSpan(option);
    const direction = { ArrowUp: 1, ArrowRight: 1, PageUp: 10, ArrowDown: -1, ArrowLeft: -1, PageDown: -10 }[event.key];
    if (!direction || (event.target === field && !event.key.endsWith("Up") && !event.key.endsWith("Down"))) return;
    event.preventDefault();
    const from = Number(state.values.get(option.name) ?? resting() ?? span.min);
    const next = (Number.isFinite(from) ? from : span.min) + direction * (event.shiftKey ? 10 : 1) * span.step;
    const text = tidyNumber(Math.min(option.kind.max, Math.max(option.kind.min, next)), span.step);
    field.value = text;
    setValue(option.name, text);
  };
  slider.addEventListener("input", () => {
    const value = fromSlider(slider.valueAsNumber, sliderSpan(option));
    field.value = value;
    setValue(option.name, value);
  });
  field.addEventListener("input", () => setValue(option.name, field.value));
  for (const input of [slider, field]) {
    input.addEventListener("keydown", nudge);
    input.addEventListener("change", remember);
    input.addEventListener("blur", remember); // arrow keys that we handled ourselves cause no change event
  }
  return {
    body: slider,
    show(value) {
      const span = sliderSpan(option);
      const rest = resting();
      const shown = Number(value ?? rest ?? span.min);
      slider.value = toSlider(Number.isFinite(shown) ? shown : span.min, span);
      slider.setAttribute("aria-valuetext", value ?? (rest === null ? "not set" : String(rest)));
      slider.style.setProperty("--fill", `${slider.valueAsNumber / 10}%`);
      slider.style.setProperty("--rest", rest === null ? "-10%" : `${toSlider(rest, span) / 10}%`);
      showText(field, value ?? "");
      field.placeholder = rest === null ? "–" : String(rest);
    },
  };
}

function radios(name, choices, labelId, docId, onPick) {
  const set = make("div", {
    className: "chips",
    role: "radiogroup",
    "aria-labelledby": labelId,
    "aria-describedby": docId,
  });
  for (const choice of choices) {
    const input = make("input", { type: "radio", name, value: choice });
    input.addEventListener("change", () => onPick(choice));
    set.append(make("label", { className: "chip" }, input, make("span", { textContent: choice })));
  }
  return {
    set,
    check(value) {
      for (const input of set.querySelectorAll("input")) input.checked = input.value === value;
    },
  };
}

function choiceControl(option, { id, label }) {
  const { choices } = option.kind;
  if (choices.length > 10) {
    const select = make("select", { id, "aria-describedby": `${id}-doc` });
    label.htmlFor = id;
    if (option.default == null) select.append(new Option("not set", ""));
    for (const choice of choices) select.append(new Option(choice, choice));
    select.addEventListener("change", () => setValue(option.name, select.value, { commit: true }));
    return { body: select, show: (value) => (select.value = value ?? defaultOf(option) ?? "") };
  }
  const { set, check } = radios(id, choices.map(String), `${id}-label`, `${id}-doc`, (choice) =>
    setValue(option.name, choice, { commit: true }),
  );
  return { body: set, show: (value) => check(value ?? defaultOf(option)) };
}

function switchControl(option, { id, label, head }) {
  const input = make("input", {
    id,
    type: "checkbox",
    className: "switch",
    role: "switch",
    "aria-describedby": `${id}-doc`,
  });
  label.htmlFor = id;
  head.append(input);
  input.addEventListener("change", () => setValue(option.name, String(input.checked), { commit: true }));
  return { body: "", show: (value) => (input.checked = (value ?? defaultOf(option)) === "true") };
}

function textControl(option, { id, label }) {
  const input = make("input", {
    id,
    type: "text",
    className: "text",
    spellcheck: false,
    "aria-describedby": `${id}-doc`,
  });
  label.htmlFor = id;
  input.placeholder = option.default == null ? (option.example ?? "").replace(/^[^=]*=/, "") : String(option.default);
  input.addEventListener("input", () => setValue(option.name, input.value));
  input.addEventListener("change", remember);
  return { body: input, show: (value) => showText(input, value ?? "") };
}

/** Any CSS colour as { hex: "#rrggbb", alpha: 0 to 1 }; null where the browser does not know it. */
function readColor(text) {
  if (!text || !CSS.supports("color", text)) return null;
  const canvas = (readColor.canvas ??= Object.assign(document.createElement("canvas"), {
    width: 1,
    height: 1,
  }).getContext("2d", { willReadFrequently: true }));
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  const hex = `#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
  return { hex, alpha: alpha / 255 };
}

function colorControl(option, { id, label, head }) {
  const field = make("input", {
    id,
    type: "text",
    className: "number color-text",
    spellcheck: false,
    placeholder: defaultOf(option) ?? "none",
    "aria-describedby": `${id}-doc`,
  });
  const well = make("input", { type: "color", className: "well", "aria-label": `${option.name}, colour` });
  const alpha = make("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": `${option.name}, opacity` });
  const percent = make("span", { className: "percent" });
  label.htmlFor = id;
  head.append(field);
  const compose = () => {
    const share = alpha.valueAsNumber / 100;
    const value =
      share === 1
        ? well.value
        : well.value +
          Math.round(share * 255)
            .toString(16)
            .padStart(2, "0");
    field.value = value;
    setValue(option.name, value);
  };
  well.addEventListener("input", () => {
    if (alpha.valueAsNumber === 0) alpha.value = 100; // a colour picked over "transparent" is meant to be seen
    compose();
  });
  alpha.addEventListener("input", compose);
  field.addEventListener("input", () => setValue(option.name, field.value));
  for (const input of [well, alpha, field]) input.addEventListener("change", remember);
  return {
    body: make("div", { className: "color" }, well, alpha, percent),
    show(value) {
      const color = readColor(value ?? defaultOf(option)) ?? { hex: "#000000", alpha: 1 };
      if (color.alpha > 0 && well.value !== color.hex) well.value = color.hex;
      if (document.activeElement !== alpha) alpha.value = Math.round(color.alpha * 100);
      alpha.style.setProperty("--fill", `${alpha.value}%`);
      alpha.style.setProperty("--rest", "-10%");
      alpha.setAttribute("aria-valuetext", `${alpha.value} percent`);
      percent.textContent = `${alpha.value} %`;
      showText(field, value ?? "");
    },
  };
}

// ----------------------------------------------------------------------------------------------------- special controls

/** Gravity: the named sides, and a point set on a small copy of the original. */
function gravityControl(option, { id }) {
  const choices = (
    option.kind?.choices ?? ["auto", "face", "left", "right", "top", "bottom", "center", "entropy"]
  ).filter((choice) => !/^x/i.test(choice));
  const { set, check } = radios(id, [...choices, "point"], `${id}-label`, `${id}-doc`, (choice) => {
    setValue(option.name, choice === "point" ? "0.5x0.5" : choice, { commit: true });
  });
  const picture = make("img", { className: "focal-picture", alt: "", draggable: false });
  const dot = make("span", { className: "focal-dot" });
  const pad = make(
    "div",
    {
      className: "focal-pad",
      tabIndex: 0,
      role: "group",
      "aria-label": "Focal point on the original. Click, or move it with the arrow keys.",
    },
    picture,
    dot,
  );
  const fields = ["x", "y"].map((axis) =>
    make("input", {
      type: "text",
      inputMode: "decimal",
      className: "number",
      "aria-label": `Focal point ${axis}, 0 to 1`,
    }),
  );
  const [x, y] = fields;
  const focal = make(
    "div",
    { className: "focal", hidden: true },
    pad,
    make("div", { className: "focal-fields" }, make("label", {}, "x ", x), make("label", {}, "y ", y)),
  );
  const point = () =>
    (state.values.get(option.name) ?? "")
      .match(/^([\d.]+)x([\d.]+)$/)
      ?.slice(1)
      .map(Number) ?? [0.5, 0.5];
  const clamp = (share) => Number(Math.min(1, Math.max(0, share)).toFixed(2));
  const move = (toX, toY) => setValue(option.name, `${clamp(toX)}x${clamp(toY)}`);
  const follow = (event) => {
    const box = picture.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    follow(event);
  });
  pad.addEventListener("pointermove", (event) => pad.hasPointerCapture(event.pointerId) && follow(event));
  pad.addEventListener("pointerup", remember);
  pad.addEventListener("keydown", (event) => {
    const [stepX, stepY] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ] ?? [0, 0];
    if (!stepX && !stepY) return;
    event.preventDefault();
    const stride = event.shiftKey ? 0.1 : 0.01;
    move(point()[0] + stepX * stride, point()[1] + stepY * stride);
  });
  pad.addEventListener("blur", remember);
  for (const field of fields) {
    field.addEventListener("input", () => setValue(option.name, `${x.value.trim() || 0}x${y.value.trim() || 0}`));
    field.addEventListener("change", remember);
  }
  return {
    body: make("div", {}, set, focal),
    show(value) {
      const isPoint = value !== null && !choices.includes(value);
      check(isPoint ? "point" : (value ?? defaultOf(option)));
      focal.hidden = !isPoint;
      if (!isPoint) return;
      if (original.address && picture.getAttribute("src") !== original.address) picture.src = original.address;
      const [atX, atY] = point();
      dot.style.left = `${atX * 100}%`;
      dot.style.top = `${atY * 100}%`;
      showText(x, String(atX));
      showText(y, String(atY));
    },
  };
}

/** Trim: four edges in the order of the grammar, or the border found by the server. */
function trimControl(option, { id }) {
  const edges = ["top", "right", "bottom", "left"];
  const fields = edges.map((edge) =>
    make("input", {
      type: "text",
      inputMode: "decimal",
      className: "number",
      placeholder: "0",
      "aria-label": `Trim ${edge}, pixels, or a fraction below 1`,
    }),
  );
  const grid = make(
    "div",
    { className: "trim-edges" },
    ...fields.map((field, index) => make("label", {}, make("span", { textContent: edges[index] }), field)),
  );
  const border = make("input", {
    id,
    type: "checkbox",
    className: "switch",
    role: "switch",
    "aria-describedby": `${id}-doc`,
  });
  const compose = () => {
    const numbers = fields.map((field) => field.value.trim() || "0");
    setValue(option.name, numbers.every((number) => Number(number) === 0) ? null : numbers.join(";"));
  };
  fields.forEach((field) => {
    field.addEventListener("input", compose);
    field.addEventListener("change", remember);
    field.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      field.value = String(Math.max(0, Math.round(Number(field.value) || 0) + direction * (event.shiftKey ? 10 : 1)));
      compose();
    });
    field.addEventListener("blur", remember);
  });
  border.addEventListener("change", () => setValue(option.name, border.checked ? "border" : null, { commit: true }));
  return {
    body: make(
      "div",
      {},
      grid,
      make(
        "label",
        { className: "inline", htmlFor: id },
        border,
        make("span", { textContent: "find an even border and cut it off" }),
      ),
    ),
    show(value) {
      const found = value === "border";
      border.checked = found;
      const numbers = found || value === null ? [] : value.split(";");
      fields.forEach((field, index) => {
        field.disabled = found;
        showText(field, numbers[index] && numbers[index] !== "0" ? numbers[index] : "");
      });
    },
  };
}

// --------------------------------------------------------------------------------------------------------------- viewer

// The picture as it came in: its true size (the preview may be smaller), and where the browser gets the preview.
const original = { width: 0, height: 0, bytes: 0, format: "", address: "", loaded: false };
const result = { address: "", width: 0, height: 0 };
const pan = { x: 0, y: 0 };
let split = 50;

const formatName = (type) => {
  const name = (type ?? "")
    .split(";")[0]
    .replace(/^(image|application)\//, "")
    .replace(/\+xml$/, "");
  return { webp: "WebP" }[name] ?? name.toUpperCase();
};

function byteText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const kilo = bytes / 1000;
  if (kilo < 1000) return `${kilo.toFixed(kilo < 10 ? 2 : 1)} kB`;
  return `${(kilo / 1000).toFixed(2)} MB`;
}

async function loaded(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

let originalTurn = 0;

async function loadOriginal() {
  const turn = ++originalTurn;
  const { source } = state;
  Object.assign(original, { width: 0, height: 0, bytes: 0, format: "", loaded: false });
  $("source-name").textContent = source?.name ?? "No picture yet";
  $("source-facts").textContent = "";
  showMessage(source ? null : { code: "", text: "Drop a picture here, paste one, or choose one above." });
  if (!source) return;
  const [facts, preview] = await Promise.all([sourceFacts(source), sourcePreview(source)]);
  if (turn !== originalTurn) return;
  Object.assign(original, facts, { loaded: true, address: preview?.src ?? "" });
  original.width ||= preview?.naturalWidth ?? 0;
  original.height ||= preview?.naturalHeight ?? 0;
  const image = $("original");
  image.hidden = !preview;
  if (preview) image.src = preview.src;
  image.alt = `Original: ${source.name}`;
  const words = [
    formatName(original.format),
    original.width ? `${original.width} × ${original.height}` : "",
    original.bytes ? byteText(original.bytes) : "",
  ];
  $("source-facts").textContent = words.filter(Boolean).join(" · ");
  for (const option of options) showControl(option);
  placePictures();
  if (source.kind === "upload") schedule(0); // the plan of a dropped picture needs its size
}

async function sourceFacts(source) {
  try {
    const response = await requestImage(source, "format=json");
    const { width, height, original: own } = await response.json();
    return {
      width: own?.width ?? width,
      height: own?.height ?? height,
      bytes: own?.file_size ?? 0,
      format: own?.format ?? "",
    };
  } catch {
    const file = uploads.get(source.name);
    return source.kind === "upload" ? { bytes: file.size, format: file.type } : {};
  }
}

// A dropped picture is its own preview when the browser can read it; anything else is asked from the server, small.
async function sourcePreview(source) {
  if (source.kind === "upload") {
    const image = await loaded(uploadAddress(source.name)).catch(() => null);
    if (image) return image;
  }
  for (const format of ["webp", "png", "jpeg"]) {
    try {
      const response = await requestImage(
        source,
        `width=${PREVIEW_EDGE},height=${PREVIEW_EDGE},fit=scale-down,quality=90,format=${format}`,
      );
      if (response.ok) return await loaded(URL.createObjectURL(await response.blob()));
    } catch {
      continue;
    }
  }
  return null;
}

const uploadAddresses = new Map();
function uploadAddress(name) {
  if (!uploadAddresses.has(name)) uploadAddresses.set(name, URL.createObjectURL(uploads.get(name)));
  return uploadAddresses.get(name);
}

/** Where the original lies over the result, in result pixels from the result's centre, so that the divider compares like
 *  with like: a crop shows what it cut off, a smaller result is seen at the size of the original. Turned, trimmed and
 *  zoomed pictures cannot be laid over from out here; each is then simply centred. */
function overlay() {
  const value = (name) => state.values.get(name) ?? "";
  const { width, height } = result;
  const lays = (scale) => ({ width: original.width * scale, height: original.height * scale, x: 0, y: 0 });
  const [scaleX, scaleY] = [width / original.width, height / original.height];
  if (Math.abs(Math.log(scaleX / scaleY)) < 0.015) return { width, height, x: 0, y: 0 };
  const fit = value("fit");
  if (fit === "squeeze") return { width, height, x: 0, y: 0 };
  if (
    /^(90|270)$/.test(value("rotate")) ||
    [...state.values.keys()].some((name) => name.startsWith("trim")) ||
    Number(value("zoom")) ||
    !/^(cover|crop|aspect-crop)$/.test(fit)
  )
    return lays(Math.min(scaleX, scaleY));
  const box = lays(Math.max(scaleX, scaleY));
  const gravity = value("gravity");
  const [atX, atY] = { left: [0, 0.5], right: [1, 0.5], top: [0.5, 0], bottom: [0.5, 1] }[gravity] ??
    gravity
      .match(/^([\d.]+)x([\d.]+)$/)
      ?.slice(1)
      .map(Number) ?? [0.5, 0.5];
  return { ...box, x: (0.5 - atX) * (box.width - width), y: (0.5 - atY) * (box.height - height) };
}

/** Sizes both pictures: filling the stage, or one pixel of the result to one pixel of the screen. */
function placePictures() {
  const stage = $("stage");
  stage.dataset.view = state.view;
  stage.dataset.zoom = state.zoom;
  stage.tabIndex = state.zoom === "actual" ? 0 : -1;
  const pane = document.querySelector('.layer[data-role="result"]').getBoundingClientRect();
  const margin = Math.min(28, pane.width * 0.04);
  const density = devicePixelRatio || 1;
  const inner = { width: pane.width - 2 * margin, height: pane.height - 2 * margin };
  const fitting = (box) =>
    state.zoom === "actual" ? 1 / density : Math.min(inner.width / box.width, inner.height / box.height);
  const reach = { x: 0, y: 0 };
  const place = (role, own, box, scale) => {
    const image = $(role);
    image.style.width = `${Math.max(1, box.width * scale)}px`;
    image.style.height = `${Math.max(1, box.height * scale)}px`;
    image.style.setProperty("--x", `${Math.round(box.x * scale)}px`);
    image.style.setProperty("--y", `${Math.round(box.y * scale)}px`);
    image.classList.toggle("pixelated", (box.width * scale * density) / own.width >= 3);
    reach.x = Math.max(reach.x, Math.abs(box.x * scale) + (box.width * scale - inner.width) / 2);
    reach.y = Math.max(reach.y, Math.abs(box.y * scale) + (box.height * scale - inner.height) / 2);
  };
  const centred = ({ width, height }) => ({ width, height, x: 0, y: 0 });
  let scale = result.width ? fitting(result) : 0;
  if (result.width && original.width && state.view === "split") {
    // Both in one frame of reference, with whatever spans them both in the middle.
    const over = overlay();
    const edge = (axis, side, sign) => sign * Math.max(sign * over[axis] + over[side] / 2, result[side] / 2);
    const [left, right, top, bottom] = [
      edge("x", "width", -1),
      edge("x", "width", 1),
      edge("y", "height", -1),
      edge("y", "height", 1),
    ];
    const [midX, midY] = [(left + right) / 2, (top + bottom) / 2];
    scale = fitting({ width: right - left, height: bottom - top });
    place("original", original, { ...over, x: over.x - midX, y: over.y - midY }, scale);
    place("result", result, { ...centred(result), x: -midX, y: -midY }, scale);
  } else {
    if (result.width) place("result", result, centred(result), scale);
    if (original.width) {
      const over = result.width ? overlay() : original;
      place("original", original, centred(state.zoom === "actual" ? over : original), fitting(original));
    }
  }
  $("shown-at").textContent = scale ? `shown at ${Math.round(scale * density * 100)} %` : "";
  for (const axis of ["x", "y"]) {
    pan[axis] = state.zoom === "actual" ? Math.max(-reach[axis], Math.min(reach[axis], pan[axis])) : 0;
    stage.style.setProperty(`--pan-${axis}`, `${Math.round(pan[axis])}px`);
  }
}

function moveDivider(to) {
  split = Math.max(0, Math.min(100, to));
  $("stage").style.setProperty("--split", `${split}%`);
  const divider = $("divider");
  divider.setAttribute("aria-valuenow", String(Math.round(split)));
  divider.setAttribute("aria-valuetext", `${Math.round(split)} percent original`);
}

function wireViewer() {
  const stage = $("stage");
  const divider = $("divider");
  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".message, .document")) return;
    const onDivider = divider.contains(event.target);
    if (state.zoom === "fit" && state.view === "side") return;
    drag = { pans: state.zoom === "actual" && !onDivider, x: event.clientX - pan.x, y: event.clientY - pan.y };
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("dragging");
    if (!drag.pans) follow(event);
  });
  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    if (drag.pans) {
      pan.x = event.clientX - drag.x;
      pan.y = event.clientY - drag.y;
      placePictures();
    } else {
      moveDivider(((event.clientX - box.left) / box.width) * 100);
    }
  };
  stage.addEventListener("pointermove", (event) => drag && follow(event));
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => {
      drag = null;
      stage.classList.remove("dragging");
    });
  }
  divider.addEventListener("keydown", (event) => {
    const stride = event.shiftKey ? 10 : 2;
    const to = {
      ArrowLeft: split - stride,
      ArrowDown: split - stride,
      ArrowRight: split + stride,
      ArrowUp: split + stride,
      Home: 0,
      End: 100,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveDivider(to);
  });
  stage.addEventListener("keydown", (event) => {
    const [x, y] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (event.target !== stage || (!x && !y)) return;
    event.preventDefault();
    pan.x += x * 48;
    pan.y += y * 48;
    placePictures();
  });
  for (const setting of ["view", "zoom"]) {
    $(setting).addEventListener("change", (event) => {
      state[setting] = event.target.value;
      placePictures();
      remember();
    });
  }
  new ResizeObserver(placePictures).observe(stage);
  moveDivider(50);
}

// -------------------------------------------------------------------------------------------------------------- request

// What an <img> would say, so that format=auto answers as it would on a page.
const ACCEPT = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

/** The picture of `source` with options in the URL grammar; the browser's cache is left out, so that times are of now. */
function requestImage(source, text, signal) {
  const request = { signal, cache: "no-store", headers: { Accept: ACCEPT } };
  if (source.kind === "sample") return fetch(imagePath(text, source.name), request);
  const file = uploads.get(source.name);
  request.headers["Content-Type"] = file.type || "application/octet-stream";
  return fetch(`/playground/transform/${text}`, { ...request, method: "POST", body: file });
}

async function requestPlan(source, text, signal) {
  let question;
  if (source.kind === "sample") question = { source: source.name };
  else if (original.width)
    question = {
      width: original.width,
      height: original.height,
      format: formatName(original.format || "image/jpeg").toLowerCase(),
    };
  else return "";
  const response = await fetch(`/playground/explain/${text}?${new URLSearchParams(question)}`, {
    signal,
    cache: "no-store",
    headers: { Accept: ACCEPT },
  });
  return response.text();
}

let timer = 0;
let inFlight = null;

function schedule(wait = DEBOUNCE_MS) {
  showAddress();
  clearTimeout(timer);
  timer = setTimeout(develop, wait);
}

async function develop() {
  inFlight?.abort();
  const { source } = state;
  if (!source) return;
  const turn = (inFlight = new AbortController());
  const text = optionsOrAuto();
  const stage = $("stage");
  stage.classList.add("waiting");
  let plan = null;
  let shown = false;
  requestPlan(source, text, turn.signal)
    .catch(() => "")
    .then((answer) => {
      plan = answer;
      if (shown && turn === inFlight) showPlan(plan);
    });
  try {
    const started = performance.now();
    const response = await requestImage(source, text, turn.signal);
    const blob = await response.blob();
    const answer = { response, blob, elapsed: performance.now() - started };
    const show = await prepare(answer);
    if (turn !== inFlight) return;
    show();
  } catch (error) {
    if (turn !== inFlight || error.name === "AbortError") return;
    showFailure({ code: "No answer", text: "The server did not answer. Is it still running?" });
  }
  shown = true;
  showPlan(plan ?? "");
  stage.classList.remove("waiting");
}

/** Everything slow (decoding the answer) first; returns what to do at once when it is ready. */
async function prepare({ response, blob, elapsed }) {
  const type = response.headers.get("Content-Type") ?? blob.type;
  if (!response.ok) {
    const body = await blob.text();
    const [, code, text] = body.match(/^ERROR\s+(\d+):\s*([\s\S]*)/) ?? [null, null, body.trim().slice(0, 600)];
    return () =>
      showFailure({ code: code ? `Error ${code}` : `Status ${response.status}`, text: text || response.statusText });
  }
  const facts = {
    bytes: blob.size,
    format: formatName(type),
    times: readTimes(response.headers.get("Server-Timing")),
    elapsed,
    warnings: readWarnings(response.headers.get("Warning")),
  };
  if (!type.startsWith("image/")) {
    const body = await blob.text();
    return () => showDocument(prettyText(body), blob, facts);
  }
  const address = URL.createObjectURL(blob);
  const image = await loaded(address).catch(() => null);
  if (!image)
    return () =>
      showDocument(
        `This browser cannot show ${type}. The file is complete: save it to look at it elsewhere.`,
        blob,
        facts,
      );
  return () => showPicture(image, address, facts);
}

function readTimes(header) {
  const times = [];
  for (const part of (header ?? "").split(",")) {
    const [name, ...parameters] = part.split(";").map((piece) => piece.trim());
    const duration = parameters.find((piece) => piece.startsWith("dur="));
    if (name && duration) times.push([name, Number(duration.slice(4)) || 0]);
  }
  return times;
}

// `cf-images 299 "one", cf-images 299 "two"`: split where a warning starts, so that commas and quotes inside one survive.
function readWarnings(header) {
  const pieces = (header ?? "").split(/(?:^|,\s*)[\w.-]+ \d{3} (?=")/).slice(1);
  return pieces.map((piece) => piece.trim().replace(/^"|"$/g, "").replace(/\\(.)/g, "$1"));
}

function prettyText(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

// -------------------------------------------------------------------------------------------------------------- results

function showAddress() {
  const { source } = state;
  const parts = [make("span", { className: "address-host", textContent: `${location.origin}/cdn-cgi/image/` })];
  const pairs = changedPairs();
  if (!pairs.length) parts.push(make("span", { className: "address-value", textContent: "format=auto" }));
  pairs.forEach(([name, value], index) => {
    if (index) parts.push(",", document.createElement("wbr"));
    parts.push(`${name}=`, make("span", { className: "address-value", textContent: encodeValue(value) }));
  });
  parts.push(
    "/",
    make("span", {
      className: "address-source",
      textContent: source?.kind === "sample" ? encodeSource(source.name) : "SOURCE",
    }),
  );
  $("address").replaceChildren(...parts);
  const open = $("open");
  if (source?.kind === "sample") open.href = imagePath(optionsOrAuto(), source.name);
  else open.removeAttribute("href");
  open.toggleAttribute("aria-disabled", source?.kind !== "sample");
}

function showNote(text) {
  $("note").hidden = !text;
  $("note").textContent = text || "";
}

function showMessage(message) {
  $("message").hidden = !message;
  $("stage").classList.toggle("failed", Boolean(message));
  $("message-code").textContent = message?.code ?? "";
  $("message-text").textContent = message?.text ?? "";
}

function forgetResult() {
  if (result.address) URL.revokeObjectURL(result.address);
  if (result.saved) URL.revokeObjectURL(result.saved);
  Object.assign(result, { address: "", saved: "", width: 0, height: 0 });
}

function showPicture(image, address, facts) {
  forgetResult();
  Object.assign(result, { address, width: image.naturalWidth, height: image.naturalHeight });
  showMessage(null);
  $("document").hidden = true;
  const shown = $("result");
  shown.src = address;
  shown.alt = `Result: ${state.source.name} with ${optionsOrAuto()}`;
  shown.hidden = false;
  placePictures();
  showFacts(`${result.width} × ${result.height}`, facts);
  offerFile(address, facts.format);
}

function showDocument(text, blob, facts) {
  forgetResult();
  result.saved = URL.createObjectURL(blob);
  showMessage(null);
  $("result").hidden = true;
  $("document").textContent = text;
  $("document").hidden = false;
  placePictures();
  showFacts("–", facts);
  offerFile(result.saved, facts.format);
}

function showFailure(message) {
  forgetResult();
  $("result").hidden = true;
  $("document").hidden = true;
  placePictures();
  showMessage(message);
  for (const id of ["figure-size", "figure-format", "figure-bytes", "figure-time"]) $(id).textContent = "–";
  showWarnings([]);
  showTimes([]);
  $("download").removeAttribute("href");
  $("download").setAttribute("aria-disabled", "true");
  $("figures").classList.add("empty");
  announce("");
}

function offerFile(address, format) {
  const link = $("download");
  const stem = (state.source.name.split("/").pop() ?? "picture").replace(/\.[^.]*$/, "");
  link.href = address;
  link.download = `${stem}-tintype.${format.toLowerCase().replace("jpeg", "jpg")}`;
  link.removeAttribute("aria-disabled");
}

const milliseconds = (value) =>
  `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)} ms`;

function showFacts(size, { bytes, format, times, elapsed, warnings }) {
  const total = times.find(([name]) => name === "total")?.[1];
  const time = total ?? elapsed;
  $("figures").classList.remove("empty");
  $("figure-size").textContent = size;
  $("figure-format").textContent = format;
  const change = original.bytes ? Math.round((bytes / original.bytes - 1) * 100) : null;
  const share =
    change === null ? "" : change === 0 ? "same as the original" : `${change > 0 ? "+" : "−"}${Math.abs(change)} %`;
  $("figure-bytes").replaceChildren(byteText(bytes), make("small", { textContent: share }));
  $("figure-time").replaceChildren(
    milliseconds(time),
    make("small", { textContent: total === undefined ? "with the network" : "on the server" }),
  );
  showTimes(times);
  showWarnings(warnings);
  const caution = warnings.length
    ? ` ${warnings.length} warning${warnings.length > 1 ? "s" : ""}: ${warnings.join("; ")}`
    : "";
  announce(`Result ${size}, ${format}, ${byteText(bytes)}, ${milliseconds(time)}.${caution}`);
}

let announcing = 0;
function announce(text) {
  clearTimeout(announcing); // a dragged slider would otherwise talk without end
  announcing = setTimeout(() => ($("announce").textContent = text), 700);
}

function showWarnings(warnings) {
  $("warnings").hidden = !warnings.length;
  $("warnings").replaceChildren(...warnings.map((text) => make("li", { textContent: text })));
}

function showTimes(times) {
  const stages = times.filter(([name]) => name !== "total");
  const total = times.find(([name]) => name === "total")?.[1] ?? 0;
  const sum = stages.reduce((so, [, duration]) => so + duration, 0);
  if (total - sum > 0.005) stages.push(["other", total - sum]);
  const whole = Math.max(total, sum) || 1;
  $("timing").hidden = !stages.length;
  const bar = stages.map(([name, duration]) => {
    const piece = make("span", { title: `${name} ${milliseconds(duration)}` });
    piece.dataset.stage = name;
    piece.style.width = `${(duration / whole) * 100}%`;
    return piece;
  });
  const legend = stages.map(([name, duration]) => {
    const entry = make(
      "li",
      {},
      make("span", { className: "swatch" }),
      name,
      " ",
      make("b", { textContent: milliseconds(duration) }),
    );
    entry.dataset.stage = name;
    return entry;
  });
  $("timing-bar").replaceChildren(...bar);
  $("timing-legend").replaceChildren(...legend);
}

function showPlan(text) {
  $("plan").textContent = text.trimEnd();
}

// ---------------------------------------------------------------------------------------------------------------- start

const isCurrent = (kind, name) => state.source?.kind === kind && state.source?.name === name;

function showSamples() {
  const entries = [
    ...[...uploads.keys()].reverse().map((name) => ["upload", name]),
    ...samples.map((name) => ["sample", name]),
  ];
  const list = $("samples");
  // Redrawn only when the set changes: replacing a focused button would lose the keyboard's place.
  if (list.children.length !== entries.length || list.firstElementChild?.dataset.name !== entries[0]?.[1]) {
    list.replaceChildren(
      ...entries.map(([kind, name]) => {
        const picture = make("img", { alt: "", width: 80, height: 60, draggable: false, loading: "lazy" });
        picture.src = kind === "upload" ? uploadAddress(name) : imagePath("width=160,height=120,fit=cover", name);
        const button = make("button", { type: "button", title: name, "aria-label": name }, picture);
        button.addEventListener("click", () => choose({ kind, name }));
        const item = make("li", {}, button);
        Object.assign(item.dataset, { kind, name });
        return item;
      }),
    );
  }
  for (const item of list.children)
    item.firstElementChild.setAttribute("aria-pressed", String(isCurrent(item.dataset.kind, item.dataset.name)));
}

function choose(source) {
  if (isCurrent(source.kind, source.name) && original.loaded) return;
  state.source = source;
  showNote(
    source.kind === "upload" &&
      "This picture has no address of its own: put it where the server can read it, and use its path or URL in place of SOURCE.",
  );
  showSamples();
  loadOriginal();
  schedule(0);
  remember();
}

function takeFiles(files) {
  const file = [...files].find(
    (candidate) =>
      candidate.type.startsWith("image/") || /\.(avif|heic|heif|jxl|svg|tiff?|webp)$/i.test(candidate.name),
  );
  if (!file) {
    if (files.length) showNote(`“${files[0].name}” is not a picture.`);
    return;
  }
  let name = file.name || "pasted.png";
  for (let copy = 2; uploads.has(name); copy++) name = file.name.replace(/(\.[^.]*)?$/, ` ${copy}$1`);
  uploads.set(name, file);
  choose({ kind: "upload", name });
}

function wirePage() {
  $("file").addEventListener("change", ({ target }) => {
    takeFiles(target.files);
    target.value = "";
  });
  let depth = 0; // enter and leave also come from every element inside
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) $("drop").hidden = ++depth < 1;
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) $("drop").hidden = --depth < 1;
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    $("drop").hidden = true;
    takeFiles(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => event.clipboardData?.files.length && takeFiles(event.clipboardData.files));
  addEventListener("popstate", applyHash);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the hash is taken: it holds the state
    $("options-panel").focus();
  });
  $("options").addEventListener("submit", (event) => event.preventDefault());
  $("reset-all").addEventListener("click", () => {
    state.values.clear();
    options.forEach(showControl);
    showCounts();
    schedule(0);
    remember();
    $("options-panel").focus();
  });
  $("copy").addEventListener("click", copyAddress);
}

async function copyAddress() {
  const button = $("copy");
  const text = $("address").textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren($("address")); // plain http on another host has no clipboard
    copied = document.execCommand("copy");
  }
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  $("announce").textContent = copied ? "URL copied" : "";
  setTimeout(() => (button.textContent = "Copy URL"), 1600);
}

async function showAdapter(tries = 20) {
  let ready = null;
  try {
    ready = await (await fetch("/readyz", { cache: "no-store" })).json();
  } catch {
    $("adapter").textContent = "The server does not say what it runs on.";
    return;
  }
  const parts = [];
  if (ready.adapter) parts.push("Developed on ", make("b", { textContent: ready.adapter }));
  if (ready.backend) parts.push(` · ${ready.backend}`);
  if (ready.software)
    parts.push(
      " ",
      make("span", {
        className: "badge",
        textContent: "software",
        title: "A CPU stands in for the GPU: times are not a GPU's.",
      }),
    );
  if (!ready.ready) parts.push(" · warming up…");
  $("adapter").replaceChildren(...parts);
  if (!ready.ready && tries > 0) setTimeout(() => showAdapter(tries - 1), 1500);
}

async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

async function start() {
  wireViewer();
  wirePage();
  showAdapter();
  try {
    [options, samples] = await Promise.all([
      fetchJson("/playground/options.json"),
      fetchJson("/playground/samples.json").catch(() => []),
    ]);
  } catch (error) {
    showMessage({ code: "No options", text: `The table of options could not be read: ${error.message}.` });
    return;
  }
  for (const option of options)
    for (const name of [option.name, ...(option.aliases ?? [])]) canonicalName.set(name, option.name);
  drawOptions();
  document.querySelector(".plan").open = !matchMedia("(max-width: 979px)").matches;
  if (options.length) showHelp(options[0]);
  applyHash();
  history.replaceState(null, "", hashOf(state));
}

start();
