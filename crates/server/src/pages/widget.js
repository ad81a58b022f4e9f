// <tintype-upload url="URL">: takes one image and uploads it by a one-time URL, in a page of anybody's.
//
//   <script src="https://images.example.com/widget.js"></script>
//   <form> <tintype-upload name="image" url="ONE-TIME URL" required></tintype-upload> <button>Send</button> </form>
//
// The page's server makes the URL (POST .../images/v2/direct_upload); no token comes here. In a form the value is the image's id.
//
// Attributes  url, name, required, disabled, accept (default image/*), max-bytes, label (what it is called, default "Image")
// Events      tintype-progress { loaded, total }, tintype-uploaded { id, image }, tintype-failed { code, message, status }
// Style       --tintype-accent, -danger, -ink, -ground, -line, -radius, -font; parts zone, preview, prompt, name, note, button
// Words       element.texts = { prompt: "Elegir una foto" } replaces those of TEXTS; slots `prompt` and `hint` take markup
"use strict";
(() => {
  if (customElements.get("tintype-upload")) return;

  const TEXTS = {
    prompt: "Choose an image",
    hint: "or drop it here",
    sending: (part) => `Uploading, ${part} %`,
    storing: "Almost there\u2026",
    done: "Uploaded",
    cancel: "Cancel",
    again: "Try again",
    other: "Choose another",
    missing: "An image is needed.",
    unfinished: "The image is still being uploaded.",
    many: "One image only.",
    kind: "This is no image.",
    large: (limit) => `The image is larger than ${limit}.`,
    cancelled: "Cancelled.",
    offline: "The connection failed. Try again.",
    failed: "The image could not be uploaded.",
  };

  /** What the server's codes mean to whoever uploads; the rest is said in the server's words. */
  const MEANINGS = {
    5404: "This upload link is not valid any more. Reload the page.",
    5408: "The upload took too long. Try again.",
    5409: "This upload link was used already. Reload the page.",
    5413: "The image is too large.",
    5415: "This is no image.",
    5455: "This kind of image is not taken, or the file is damaged.",
    5503: "The server is busy. Try again in a moment.",
  };

  /** After these the same file may be sent again by the same link; 0 is no answer at all. */
  const WORTH_ANOTHER = [0, 5408, 5503];

  /** After these the link is good for nothing. */
  const USED = [5404, 5409];

  const STYLE = new CSSStyleSheet();
  STYLE.replaceSync(`
    :host {
      --accent: var(--tintype-accent, #b5651d);
      --danger: var(--tintype-danger, #c8402f);
      --line: var(--tintype-line, color-mix(in srgb, currentColor 38%, transparent));
      display: block; color: var(--tintype-ink, inherit); font: var(--tintype-font, inherit);
    }
    :host([hidden]), [hidden] { display: none !important; }
    * { box-sizing: border-box; }
    .zone {
      display: flex; flex-wrap: wrap; align-items: center; gap: 12px 16px; min-height: 88px; padding: 12px 16px;
      border: 1px dashed var(--line); border-radius: var(--tintype-radius, 4px); background: var(--tintype-ground, transparent);
    }
    [data-state="empty"] .zone { cursor: pointer; justify-content: center; text-align: center; }
    [data-state="empty"] .zone:hover, .over .zone { border-color: var(--accent); background: color-mix(in srgb, var(--accent) 9%, var(--tintype-ground, transparent)); }
    .zone:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
    .zone button:focus-visible { outline: none; text-decoration: underline; }
    [data-state="sending"] .zone, [data-state="done"] .zone { border-style: solid; }
    [data-state="failed"] .zone { border: 1px solid var(--danger); }
    input { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .prompt b { font-weight: 600; text-decoration: underline; text-decoration-color: var(--accent); text-underline-offset: 3px; }
    img { flex: none; width: 72px; height: 64px; object-fit: cover; border-radius: 2px; background: color-mix(in srgb, currentColor 10%, transparent); }
    .about { flex: 1 1 140px; min-width: 0; }
    p { margin: 0; overflow-wrap: anywhere; }
    .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
    .note { font-size: .92em; opacity: .85; }
    [data-state="failed"] .note { opacity: 1; }
    [data-state="failed"] .note::before { content: "!"; display: inline-block; width: 1.35em; height: 1.35em; margin-right: .45em; border-radius: 50%; background: var(--danger); color: #fff; font-weight: 700; line-height: 1.35; text-align: center; }
    [data-state="done"] .note::before { content: "\\2713"; margin-right: .45em; color: var(--accent); font-weight: 700; }
    progress { display: block; width: 100%; height: 6px; margin-top: 6px; accent-color: var(--accent); }
    button { min-height: 34px; padding: 0 14px; border: 1px solid var(--line); border-radius: var(--tintype-radius, 4px); background: none; color: inherit; font: inherit; cursor: pointer; }
    button:hover { border-color: currentColor; }
    :host([disabled]) .zone { opacity: .5; cursor: not-allowed; }
    :host([disabled]) { pointer-events: none; }
  `);

  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  const bytes = (count) => (count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : `${Math.round(count / 1e5) / 10} MB`);

  class TintypeUpload extends HTMLElement {
    static formAssociated = true;
    static observedAttributes = ["url", "accept", "label", "required"];

    #internals = this.attachInternals();
    #texts = { ...TEXTS };
    #state = "empty";
    #value = "";
    #file = null;
    #request = null;
    #preview = "";
    #message = "";
    /** Whether what failed was the way and not the file. */
    #isWorthAnother = false;
    #isUsed = false;

    #input = make("input", { type: "file", id: "file" });
    #word = make("b", { part: "prompt" });
    #hint = make("span");
    #prompt = make("label", { className: "prompt", htmlFor: "file" });
    #image = make("img", { alt: "", part: "preview" });
    #caption = make("p", { className: "name", part: "name" });
    #note = make("p", { className: "note", part: "note", role: "status", tabIndex: -1 });
    #bar = make("progress", { max: 1, part: "progress" });
    #about = make("div", { className: "about" }, this.#caption, this.#note, this.#bar);
    #button = make("button", { type: "button", part: "button" });
    #zone = make("div", { className: "zone", part: "zone" });
    #frame = make("div", {}, this.#zone);

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      root.adoptedStyleSheets = [STYLE];
      const prompt = make("slot", { name: "prompt" }, this.#word);
      const hint = make("slot", { name: "hint" }, this.#hint);
      this.#prompt.append(prompt, " ", hint);
      this.#zone.append(this.#input, this.#prompt, this.#image, this.#about, this.#button);
      root.append(this.#frame);

      this.#input.addEventListener("change", () => this.#take(this.#input.files));
      this.#button.addEventListener("click", () => this.#press());
      this.#image.addEventListener("error", () => (this.#image.hidden = true));
      this.#zone.addEventListener(
        "click",
        ({ target }) => target === this.#zone && this.#state === "empty" && this.#input.click(),
      );
      for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
        this.#zone.addEventListener(name, (event) => this.#drag(event));
      }
    }

    connectedCallback() {
      this.#draw();
    }

    disconnectedCallback() {
      this.#request?.abort();
    }

    attributeChangedCallback(name, before, after) {
      // Another URL is another image.
      if (name === "url" && before !== after && before !== null) this.#reset();
      this.#draw();
    }

    /** The id of the image that was uploaded, or nothing. */
    get value() {
      return this.#value;
    }

    get form() {
      return this.#internals.form;
    }

    get name() {
      return this.getAttribute("name");
    }

    get validity() {
      return this.#internals.validity;
    }

    get validationMessage() {
      return this.#internals.validationMessage;
    }

    checkValidity() {
      return this.#internals.checkValidity();
    }

    reportValidity() {
      return this.#internals.reportValidity();
    }

    /** Words to say instead of those there are, in another language. */
    set texts(texts) {
      Object.assign(this.#texts, texts);
      this.#draw();
    }

    get texts() {
      return { ...this.#texts };
    }

    formResetCallback() {
      this.#reset();
    }

    formDisabledCallback(isDisabled) {
      this.#input.disabled = this.#button.disabled = isDisabled;
    }

    formStateRestoreCallback(id) {
      this.#value = id;
      this.#become("done");
    }

    #reset() {
      this.#request?.abort();
      this.#request = null;
      this.#value = "";
      this.#file = null;
      this.#input.value = "";
      this.#become("empty");
    }

    #drag(event) {
      const isFile = event.dataTransfer?.types.includes("Files");
      if (!isFile || this.#input.disabled || this.hasAttribute("disabled")) return;
      event.preventDefault();
      event.stopPropagation();
      const takes = this.#state === "empty" || this.#state === "failed";
      event.dataTransfer.dropEffect = takes ? "copy" : "none";
      this.#frame.classList.toggle("over", takes && event.type !== "dragleave" && event.type !== "drop");
      if (event.type === "drop" && takes) this.#take(event.dataTransfer.files);
    }

    #take(files) {
      if (!files.length) return;
      const [file] = files;
      const limit = Number(this.getAttribute("max-bytes")) || Infinity;
      this.#file = file;
      if (files.length > 1) return this.#fail(5400, this.#texts.many);
      if (file.type && !file.type.startsWith("image/")) return this.#fail(5455, this.#texts.kind);
      if (file.size > limit) return this.#fail(5413, this.#texts.large(bytes(limit)));
      this.#send();
    }

    #send() {
      const [request, form] = [new XMLHttpRequest(), new FormData()];
      form.append("file", this.#file);
      request.open("POST", this.getAttribute("url") ?? "");
      request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
        if (!lengthComputable) return;
        this.#bar.value = loaded / total;
        this.#note.textContent =
          loaded < total ? this.#texts.sending(Math.floor((100 * loaded) / total)) : this.#texts.storing;
        this.#tell("tintype-progress", { loaded, total });
      });
      request.addEventListener("load", () => this.#answered(request));
      request.addEventListener("error", () => this.#fail(0, this.#texts.offline));
      this.#request = request;
      this.#bar.value = 0;
      this.#become("sending");
      request.send(form);
    }

    #answered({ status, responseText }) {
      let envelope = {};
      try {
        envelope = JSON.parse(responseText);
      } catch {
        // Something in between has answered.
      }
      const id = envelope.result?.id;
      if (status === 200 && id) {
        this.#value = id;
        this.#become("done");
        return this.#tell("tintype-uploaded", { id, image: envelope.result });
      }
      const { code = 0, message = "" } = envelope.errors?.[0] ?? {};
      const said = MEANINGS[code] ?? message.replace(/^ERROR \d+: ?/, "");
      this.#fail(code, said || this.#texts.failed, status);
    }

    /** `status` is the answer's; 0 where there was none. */
    #fail(code, message, status = 0) {
      this.#stop(code);
      this.#become("failed", message);
      this.#tell("tintype-failed", { code, message, status });
    }

    /** The one button: stops, tries again, or begins anew. */
    #press() {
      if (this.#state === "sending") {
        this.#request.abort();
        this.#stop(0);
        this.#become("failed", this.#texts.cancelled);
      } else if (this.#isWorthAnother) {
        this.#send();
      } else {
        this.#reset();
        this.#input.focus();
        this.#input.click();
      }
    }

    #stop(code) {
      this.#request = null;
      this.#input.value = "";
      this.#isWorthAnother = WORTH_ANOTHER.includes(code);
      this.#isUsed = USED.includes(code);
    }

    #become(state, message = "") {
      const hadFocus = Boolean(this.shadowRoot.activeElement);
      this.#state = state;
      this.#message = message;
      this.#picture();
      this.#draw();
      if (hadFocus) (state === "empty" ? this.#input : this.#button.hidden ? this.#note : this.#button).focus();
    }

    #picture() {
      if (this.#preview) URL.revokeObjectURL(this.#preview);
      this.#preview = this.#file ? URL.createObjectURL(this.#file) : "";
      this.#image.hidden = !this.#preview;
      if (this.#preview) this.#image.src = this.#preview;
      else this.#image.removeAttribute("src");
    }

    #draw() {
      const [texts, state] = [this.#texts, this.#state];
      const label = this.getAttribute("label") ?? "Image";
      this.#frame.dataset.state = state;
      this.#word.textContent = texts.prompt;
      this.#hint.textContent = texts.hint;
      this.#input.accept = this.getAttribute("accept") ?? "image/*";
      this.#input.setAttribute("aria-label", `${label}: ${texts.prompt}`);
      this.#bar.setAttribute("aria-label", label);
      this.#input.hidden = this.#prompt.hidden = state !== "empty";
      this.#about.hidden = state === "empty";
      this.#image.hidden = !this.#preview;
      this.#bar.hidden = state !== "sending";
      this.#caption.textContent = this.#file?.name ?? label;
      if (state === "done") this.#note.textContent = texts.done;
      if (state === "failed") this.#note.textContent = this.#message;
      if (state === "sending") this.#note.textContent = texts.sending(0);
      this.#button.hidden = state === "empty" || state === "done" || (state === "failed" && this.#isUsed);
      this.#button.textContent = state === "sending" ? texts.cancel : this.#isWorthAnother ? texts.again : texts.other;

      this.#internals.setFormValue(this.#value || null);
      const [flags, why] =
        state === "sending"
          ? [{ customError: true }, texts.unfinished]
          : this.hasAttribute("required") && !this.#value
            ? [{ valueMissing: true }, texts.missing]
            : [{}, ""];
      this.#internals.setValidity(flags, why, state === "empty" ? this.#input : this.#zone);
    }

    #tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }
  }

  customElements.define("tintype-upload", TintypeUpload);
})();
