// Uploads: what is to be sent, how far it has come, and what went wrong. They go on while one looks at other things.

import { upload } from "./api.js";
import { announce, button, dialog, field, make, toggle } from "./dom.js";
import { bytes, plural } from "./format.js";
import { jsonMistake } from "./metadata.js";
import { session } from "./session.js";

/** Files on their way at a time. */
const AT_ONCE = 3;

const tray = document.getElementById("tray");
const heading = make("h2");
const list = make("ul", { className: "uploads" });
const clear = button("Clear", () => tidy(), { className: "small" });
tray.append(make("div", { className: "tray-head" }, heading, clear), list);

/** `{ source, settings, state, row … }`; states: waiting, sending, storing, done, failed, stopped. */
let items = [];
let onDone = () => {};

/** Whoever wants to know what has been uploaded. */
export const whenUploaded = (listener) => (onDone = listener);

const IS_OVER = ["done", "failed", "stopped"];

/** Files and URLs to be uploaded, with what `settings` says of each: fields of the form. */
export function enqueue(sources, settings = {}) {
  for (const source of sources) {
    const item = { source, settings, state: "waiting" };
    draw(item);
    items.push(item);
  }
  if (sources.length) announce(`${plural(sources.length, "upload")} started`);
  advance();
}

function advance() {
  show();
  const sending = items.filter(({ state }) => state === "sending" || state === "storing").length;
  for (const item of items.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - sending)))
    run(item);
}

async function run(item) {
  item.stop = new AbortController();
  become(item, "sending");
  const form = new FormData();
  for (const [name, value] of Object.entries(item.settings)) form.append(name, value);
  if (typeof item.source === "string") form.append("url", item.source);
  else form.append("file", item.source);
  const onProgress = (part) => {
    item.bar.value = part;
    if (part === 1) become(item, "storing");
  };
  try {
    const image = await upload(form, { onProgress, signal: item.stop.signal });
    item.image = image;
    become(item, "done");
    onDone(image);
  } catch (error) {
    item.error = error;
    become(item, error.name === "AbortError" ? "stopped" : "failed");
  }
  if (items.every(({ state }) => IS_OVER.includes(state))) {
    const failed = items.filter(({ state }) => state === "failed").length;
    announce(failed ? `Uploads are over; ${failed} failed` : "All uploads are done");
  }
  advance();
}

function draw(item) {
  const name = typeof item.source === "string" ? item.source : item.source.name;
  item.bar = make("progress", { max: 1, value: 0, "aria-label": `Upload of ${name}` });
  item.note = make("p", { className: "upload-note" });
  item.tools = make("div", { className: "row" });
  item.row = make(
    "li",
    {},
    make("p", { className: "upload-name", textContent: name, title: name }),
    item.tools,
    item.bar,
    item.note,
  );
  list.append(item.row);
  become(item, "waiting");
}

function become(item, state) {
  item.state = state;
  item.row.dataset.state = state;
  const { source, error, image } = item;
  item.note.textContent = {
    waiting: "Waiting",
    sending: typeof source === "string" ? "The server is fetching it" : `Sending ${bytes(source.size)}`,
    storing: "Being stored",
    done: "Stored",
    failed: [error?.message, error?.advice].filter(Boolean).join(" "),
    stopped: "Stopped",
  }[state];
  item.bar.hidden = IS_OVER.includes(state);
  if (typeof source === "string" || state === "storing") item.bar.removeAttribute("value");
  const retry = () => {
    item.bar.value = 0;
    become(item, "waiting");
    advance();
  };
  const tools = {
    waiting: [button("Stop", () => become(item, "stopped"), { className: "small" })],
    sending: [button("Stop", () => item.stop.abort(), { className: "small" })],
    failed: [button("Try again", retry, { className: "small" })],
    stopped: [button("Try again", retry, { className: "small" })],
    done: [
      image &&
        make("a", { className: "button small", href: `#/images/${encodeURIComponent(image.id)}`, textContent: "Show" }),
    ],
  };
  item.tools.replaceChildren(...(tools[state] ?? []).filter(Boolean));
}

function show() {
  const over = items.filter(({ state }) => IS_OVER.includes(state)).length;
  tray.hidden = !items.length;
  heading.textContent = over === items.length ? plural(over, "upload") : `${over} of ${plural(items.length, "upload")}`;
  clear.hidden = !over;
}

/** Takes what is over out of the tray. */
function tidy() {
  for (const { row } of items.filter(({ state }) => IS_OVER.includes(state))) row.remove();
  items = items.filter(({ state }) => !IS_OVER.includes(state));
  show();
  document.getElementById("main").focus();
}

session.addEventListener("closed", () => {
  for (const { stop } of items) stop?.abort();
  items = [];
  list.replaceChildren();
  show();
});

// ----------------------------------------------------------------------------------------------------------- dropping

/** Files dropped anywhere on the page, but where something else takes them. */
export function acceptDrops() {
  const drop = document.getElementById("drop");
  const hasFiles = ({ dataTransfer }) => session.isOpen && dataTransfer?.types.includes("Files");
  let depth = 0;
  const shown = (event, by) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + by);
    drop.hidden = depth === 0 || Boolean(document.querySelector("dialog[open]"));
  };
  addEventListener("dragenter", (event) => shown(event, 1));
  addEventListener("dragleave", (event) => shown(event, -1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    depth = 0;
    drop.hidden = true;
    if (!hasFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) enqueue([...event.dataTransfer.files]);
  });
}

// ----------------------------------------------------------------------------------------------------------- the dialog

/** Asks what to upload, and what to say about it. */
export function askForUploads() {
  return dialog("Upload images", (close) => {
    const chosen = make("ul", { className: "chosen" });
    let files = [];
    const take = (more) => {
      files = [...files, ...more];
      chosen.replaceChildren(
        ...files.map(({ name, size }) => make("li", {}, name, make("small", { textContent: bytes(size) }))),
      );
      refresh();
    };
    const input = make("input", {
      type: "file",
      multiple: true,
      accept: "image/*,.avif,.svg",
      onchange: () => take(input.files),
    });
    const zone = make(
      "label",
      { className: "zone" },
      input,
      make("b", { textContent: "Choose files" }),
      " or drop them here",
    );
    zone.addEventListener("dragover", () => zone.classList.add("over"));
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      take(event.dataTransfer.files);
    });

    const urls = make("textarea", {
      rows: 2,
      placeholder: "https://example.com/cat.jpg",
      spellcheck: false,
      oninput: () => refresh(),
    });
    const id = make("input", { className: "text", autocomplete: "off", spellcheck: false, oninput: () => refresh() });
    const hidden = toggle(
      "Private",
      false,
      () => refresh(),
      "URLs have to be signed, but for variants that are always public",
    );
    const creator = make("input", { className: "text", autocomplete: "off" });
    const metadata = make("textarea", {
      rows: 2,
      placeholder: '{"album": "summer"}',
      spellcheck: false,
      oninput: () => refresh(),
    });
    const wrong = make("p", { className: "wrong", role: "status" });
    const go = button("Upload", submit, { className: "primary", type: "submit" });

    const lines = () => urls.value.split(/\s+/).filter(Boolean);
    function refresh() {
      const count = files.length + lines().length;
      wrong.textContent = mistake(count) ?? "";
      go.disabled = !count || Boolean(wrong.textContent);
      go.textContent = count > 1 ? `Upload ${count}` : "Upload";
    }
    function mistake(count) {
      const bad = lines().find((line) => !/^https?:\/\/./.test(line));
      if (bad) return `“${bad}” is no URL of http or https.`;
      if (id.value && count > 1) return "An ID of your own is for one image only.";
      if (id.value && hidden.control.checked) return "Images with an ID of your own cannot be private.";
      return jsonMistake(metadata.value);
    }
    function submit(event) {
      event.preventDefault();
      refresh();
      if (go.disabled) return;
      const settings = { id: id.value, creator: creator.value, metadata: metadata.value.trim() };
      if (hidden.control.checked) settings.requireSignedURLs = "true";
      enqueue([...files, ...lines()], Object.fromEntries(Object.entries(settings).filter(([, value]) => value)));
      close();
    }
    refresh();
    return make(
      "form",
      { onsubmit: submit, autocomplete: "off" },
      zone,
      chosen,
      field("URLs", urls, "One in each line; the server fetches them from hosts that it may read from."),
      make(
        "details",
        {},
        make("summary", { textContent: "About these images" }),
        hidden.row,
        field("Creator", creator),
        field("Metadata", metadata, "A JSON object. Lists can be filtered by it; who gets the image never sees it."),
        field("ID", id, "Of your own, for one image; otherwise a UUID is made."),
      ),
      wrong,
      make(
        "div",
        { className: "row end" },
        button("Cancel", () => close()),
        go,
      ),
    );
  });
}
