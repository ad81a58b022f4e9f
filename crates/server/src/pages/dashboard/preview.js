// <stored-image>: an image as options would deliver it, fetched with the token, because nobody else may see it. It is fetched when
// it comes near to the screen, a few at a time.

import { preview } from "./api.js";
import { make } from "./dom.js";

/** Requests at a time: each may be work for the server, and browsers have six connections. */
const AT_ONCE = 4;

let running = 0;
const queue = [];

/** Runs `work` when its turn has come, unless `signal` was aborted before. */
function inTurn(work, signal) {
  return new Promise((resolve, reject) => {
    queue.push({ work, signal, resolve, reject });
    advance();
  });
}

function advance() {
  while (running < AT_ONCE && queue.length) {
    const { work, signal, resolve, reject } = queue.shift();
    if (signal.aborted) {
      reject(signal.reason);
      continue;
    }
    running += 1;
    work()
      .then(resolve, reject)
      .finally(() => {
        running -= 1;
        advance();
      });
  }
}

const near = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => target.load()),
  { rootMargin: "400px" },
);

class StoredImage extends HTMLElement {
  #asked = null;
  #stop = null;
  #url = null;

  /** Shows the image `id` by these options; `alt` says what it is. Fires `shown` with what came, or `failed`. */
  show(id, options, alt) {
    this.#drop();
    this.#asked = { id, options, alt };
    this.dataset.state = "waiting";
    if (this.isConnected) near.observe(this);
  }

  connectedCallback() {
    if (this.#asked) near.observe(this);
  }

  disconnectedCallback() {
    this.#drop();
  }

  #drop() {
    near.unobserve(this);
    this.#stop?.abort();
    this.#stop = null;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  async load() {
    near.unobserve(this);
    if (this.#stop) return;
    const stop = (this.#stop = new AbortController());
    const { id, options, alt } = this.#asked;
    try {
      const blob = await inTurn(() => preview(id, options, stop.signal), stop.signal);
      const image = make("img", { alt, draggable: false, src: URL.createObjectURL(blob) });
      await image.decode().catch(() => {
        throw new Error("This browser cannot show it.");
      });
      if (stop.signal.aborted) return URL.revokeObjectURL(image.src);
      this.#url = image.src;
      this.replaceChildren(image);
      this.dataset.state = "shown";
      const { naturalWidth: width, naturalHeight: height } = image;
      this.#tell("shown", { width, height, bytes: blob.size, type: blob.type });
    } catch (error) {
      if (error.name === "AbortError" || stop.signal.aborted) return;
      this.dataset.state = "failed";
      this.replaceChildren(make("span", { className: "no-picture", title: error.message, textContent: "No preview" }));
      this.#tell("failed", error);
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("stored-image", StoredImage);

/** A `<stored-image>`; `onShown` and `onFailed` are told what came of it. */
export function storedImage(id, options, alt, { onShown, onFailed } = {}) {
  const node = document.createElement("stored-image");
  if (onShown) node.addEventListener("shown", ({ detail }) => onShown(detail));
  if (onFailed) node.addEventListener("failed", ({ detail }) => onFailed(detail));
  node.show(id, options, alt);
  return node;
}

/** What images look like in lists. */
export const THUMBNAIL = { width: 360, height: 300, fit: "scale-down", metadata: "none", anim: false };
