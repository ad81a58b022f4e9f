// All images: a grid that goes on where it ends, and a search.

import { call, stats } from "./api.js";
import { announce, button, field, make, problem, select, title, waiting } from "./dom.js";
import { number, plural, time } from "./format.js";
import { THUMBNAIL, storedImage } from "./preview.js";
import { askForUploads, enqueue, whenUploaded } from "./uploads.js";

const PER_PAGE = 48;
const TYPING_MS = 250;

const OPERATORS = [
  ["eq", "is"],
  ["in", "is one of (a|b|c)"],
  ["gt", "is more than"],
  ["gte", "is at least"],
  ["lt", "is less than"],
  ["lte", "is at most"],
];

/** The view is made once, so that it is where it was when one comes back. */
let view = null;
let scrolled = 0;

export async function show(main, { signal }) {
  view ??= new Images();
  main.replaceChildren(view.node);
  view.begin();
  requestAnimationFrame(() => scrollTo(0, scrolled));
  signal.addEventListener("abort", () => {
    scrolled = scrollY;
    view?.end();
  });
}

/** Another account's images are other images. */
export function forget() {
  view?.end();
  view = null;
  scrolled = 0;
}

/** An image is not what it was: another instead of it, or none. */
export function changed(id, image) {
  const tile = view?.tiles.get(id);
  if (!tile) return;
  if (image) tile.replaceWith(view.tile(image));
  else tile.remove();
  view.tiles.delete(id);
  if (!image) view.counted();
}

export const nameOf = (image) => image.filename || image.id;

class Images {
  tiles = new Map();
  #next = null;
  #stop = null;
  #isWhole = false;
  #started = false;

  constructor() {
    this.count = make("p", { className: "count" });
    this.search = make("input", {
      type: "search",
      className: "text",
      placeholder: "ID or file name",
      spellcheck: false,
    });
    this.creator = make("input", { className: "text", autocomplete: "off" });
    this.path = make("input", { className: "text", placeholder: "album", autocomplete: "off", spellcheck: false });
    this.operator = select(OPERATORS, "eq");
    this.value = make("input", { className: "text", placeholder: "summer", autocomplete: "off" });
    this.order = select(
      [
        ["desc", "Newest first"],
        ["asc", "Oldest first"],
      ],
      "desc",
    );
    this.order.setAttribute("aria-label", "Order");
    this.grid = make("ul", { className: "grid", "aria-label": "Images" });
    this.more = button("Load more", () => this.load(), { className: "more", hidden: true });
    this.state = make("div", { className: "state" });
    this.node = make("section", {}, this.#head(), this.grid, this.state, this.more);

    this.end_ = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.load(), {
      rootMargin: "600px",
    });
    this.grid.addEventListener("keydown", (event) => this.#move(event));
    let typing;
    for (const control of [this.search, this.creator, this.path, this.value]) {
      control.addEventListener("input", () => {
        clearTimeout(typing);
        typing = setTimeout(() => this.restart(), TYPING_MS);
      });
    }
    for (const control of [this.operator, this.order]) control.addEventListener("change", () => this.restart());
    whenUploaded((image) => this.#uploaded(image));
  }

  #head() {
    const upload = button("Upload", () => askForUploads(), { className: "primary" });
    const filters = make(
      "details",
      { className: "filters" },
      make("summary", { textContent: "Filters" }),
      make(
        "div",
        { className: "filter-row" },
        field("Creator", this.creator),
        field("Metadata", this.path),
        field("compares", this.operator),
        field("with", this.value),
      ),
    );
    const label = make("label", { className: "unseen", htmlFor: "search", textContent: "Search by ID or file name" });
    this.search.id = "search";
    const keys = make("kbd", { textContent: "/", title: "Press / to search", "aria-hidden": "true" });
    return make(
      "div",
      {},
      title("Images", this.count, upload),
      make(
        "form",
        { className: "tools", role: "search", onsubmit: (event) => event.preventDefault() },
        make("div", { className: "search" }, label, this.search, keys),
        this.order,
        filters,
      ),
    );
  }

  begin() {
    this.end_.observe(this.more);
    this.counted();
    if (!this.#started) this.restart();
  }

  end() {
    this.end_.disconnect();
    // Nobody waits for it. It goes on where it was when one comes back.
    this.#stop?.abort();
    this.#stop = null;
    this.more.hidden = this.#isWhole;
  }

  async counted() {
    try {
      const { current, allowed } = await stats();
      this.count.textContent = `${number(current)} of ${number(allowed)}`;
    } catch {
      this.count.textContent = "";
    }
  }

  #query() {
    const query = new URLSearchParams({ per_page: PER_PAGE, sort_order: this.order.value });
    const words = this.search.value.trim();
    if (words) query.set("search", words);
    if (this.creator.value) query.set("creator", this.creator.value);
    if (this.path.value && this.value.value)
      query.set(`meta.${this.path.value}[${this.operator.value}]`, this.value.value);
    return query;
  }

  /** What is looked for; empty where everything is. */
  get isSearch() {
    return [...this.#query().keys()].length > 2;
  }

  restart() {
    this.#started = true;
    this.#stop?.abort();
    this.#stop = null;
    this.#next = null;
    this.#isWhole = false;
    this.tiles.clear();
    this.grid.replaceChildren();
    this.load();
  }

  async load() {
    if (this.#stop || this.#isWhole) return;
    const stop = (this.#stop = new AbortController());
    const isFirst = !this.#next;
    this.more.hidden = true;
    this.state.replaceChildren(waiting(isFirst ? "Loading images…" : "Loading more…"));
    try {
      await this.#page(stop.signal);
      this.#show(isFirst);
    } catch (error) {
      // Whoever stopped it has begun anew, or gone elsewhere.
      if (error.name === "AbortError") return;
      this.state.replaceChildren(problem(error, () => this.load()));
      // Not again by itself.
      this.#stop = null;
      return;
    }
    this.#stop = null;
    this.more.hidden = this.#isWhole;
    // Observers tell changes only: a page that left the end in sight is none.
    if (this.node.isConnected) {
      this.end_.unobserve(this.more);
      this.end_.observe(this.more);
    }
  }

  /** Asks until a page is full, or the list ends: an answer may have few images, or none, and go on. */
  async #page(signal) {
    const before = this.tiles.size;
    while (!this.#isWhole && this.tiles.size < before + PER_PAGE) {
      const query = this.#query();
      if (this.#next) query.set("continuation_token", this.#next);
      const { images, continuation_token: next } = await call("GET", `/v2?${query}`, { signal });
      this.grid.append(...images.filter(({ id }) => !this.tiles.has(id)).map((image) => this.tile(image)));
      this.#next = next;
      this.#isWhole = !next;
      if (next && this.tiles.size < before + PER_PAGE) this.#tellSearching();
    }
  }

  /** Said once, and shown for as long as it takes. */
  #tellSearching() {
    const text = `Searching… ${plural(this.tiles.size, "image")} found so far`;
    const shown = this.state.querySelector(".searching");
    if (shown) shown.textContent = text;
    else {
      this.state.replaceChildren(make("p", { className: "waiting searching", textContent: text }));
      announce("Searching…");
    }
  }

  #show(isFirst) {
    const count = this.tiles.size;
    const hasWaited = this.state.querySelector(".searching");
    if (count) this.state.replaceChildren();
    else if (this.isSearch) this.state.replaceChildren(this.#nothingFound());
    else this.state.replaceChildren(emptiness());
    if (hasWaited || (isFirst && this.isSearch))
      announce(this.#isWhole ? `${plural(count, "image")} found` : `More than ${count} images found`);
  }

  #nothingFound() {
    const all = button("Show all", () => {
      for (const control of [this.search, this.creator, this.path, this.value]) control.value = "";
      this.restart();
      this.search.focus();
    });
    return make("div", { className: "empty" }, make("p", { textContent: "No image is like that." }), all);
  }

  tile(image) {
    const name = nameOf(image);
    const link = make(
      "a",
      { href: `#/images/${encodeURIComponent(image.id)}` },
      storedImage(image.id, THUMBNAIL, ""),
      make("span", { className: "tile-name", textContent: name, title: name }),
      make(
        "span",
        { className: "tile-about" },
        make("time", { dateTime: image.uploaded, textContent: time(image.uploaded) }),
        image.requireSignedURLs && make("span", { className: "badge", textContent: "private" }),
      ),
    );
    const tile = make("li", { className: "tile" }, link);
    this.tiles.set(image.id, tile);
    return tile;
  }

  #uploaded(image) {
    this.counted();
    if (!this.#started || this.tiles.has(image.id)) return;
    // What is looked for may not be this; what is shown oldest first ends with it.
    if (this.isSearch || this.order.value === "asc") return this.restart();
    this.grid.prepend(this.tile(image));
    this.state.replaceChildren();
  }

  /** Arrows go from image to image, as they are seen. */
  #move(event) {
    const tiles = [...this.grid.children];
    const at = tiles.findIndex((tile) => tile.contains(document.activeElement));
    if (at < 0) return;
    const columns = tiles.filter(({ offsetTop }) => offsetTop === tiles[0].offsetTop).length;
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -at,
      End: tiles.length - 1 - at,
    };
    const target = tiles[at + steps[event.key]];
    if (!target) return;
    event.preventDefault();
    target.querySelector("a").focus();
  }
}

/** Instead of a grid, where there is nothing yet. */
function emptiness() {
  const input = make("input", {
    type: "file",
    multiple: true,
    accept: "image/*,.avif,.svg",
    onchange: () => enqueue([...input.files]),
  });
  return make(
    "div",
    { className: "empty" },
    make("p", { className: "empty-title", textContent: "No images yet" }),
    make(
      "label",
      { className: "zone" },
      input,
      make("b", { textContent: "Choose files" }),
      " or drop them anywhere on this page",
    ),
  );
}
