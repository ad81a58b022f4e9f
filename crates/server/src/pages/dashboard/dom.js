// What all views are made of: elements, fields, announcements, copying, questions.

const announcement = document.getElementById("announce");

/** An element. Properties that it knows are set, others are attributes; `undefined` is left out. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key === "data") Object.assign(node.dataset, value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Tells those who do not see it. */
export function announce(text) {
  announcement.textContent = "";
  // The same text twice is a change only if it was gone in between.
  requestAnimationFrame(() => (announcement.textContent = text));
}

export function button(text, onclick, properties = {}) {
  const { className = "", ...others } = properties;
  return make("button", { type: "button", className: `button ${className}`, textContent: text, onclick, ...others });
}

let count = 0;

/** A control under its label, with a hint if there is one. */
export function field(label, control, hint) {
  count += 1;
  const own = control.matches("input, select, textarea") ? control : control.querySelector("input");
  own.id ||= `field-${count}`;
  const about = hint && make("p", { className: "hint", id: `hint-${count}` }, hint);
  if (about) own.setAttribute("aria-describedby", about.id);
  return make("div", { className: "field" }, make("label", { htmlFor: own.id, textContent: label }), control, about);
}

/** A control for a whole number from `min` to `max`. */
export function wholeNumber(min, max, properties) {
  return make("input", { type: "number", className: "text", min, max, step: 1, ...properties });
}

/** Something to switch on and off, with its label beside it. */
export function toggle(label, checked, onchange, hint) {
  const control = make("input", { type: "checkbox", className: "switch", role: "switch", checked, onchange });
  const text = make("span", {}, label, hint && make("small", { textContent: hint }));
  return { control, row: make("label", { className: "toggle" }, control, text) };
}

export function select(values, chosen, onchange) {
  const options = values.map(([value, text = value]) => make("option", { value, textContent: text }));
  const control = make("select", { onchange }, options);
  control.value = chosen;
  return control;
}

/** What went wrong, and what can be done about it; again, if `retry` does. */
export function problem(error, retry) {
  const said = make("p", {}, make("b", { textContent: error.message }), error.advice ? ` ${error.advice}` : "");
  return make(
    "div",
    { className: "problem", role: "alert" },
    said,
    retry && button("Try again", retry, { className: "small" }),
  );
}

/** Says what goes on while `work` does, and what went wrong; whether it went well. */
export async function attempt(control, into, work) {
  into.replaceChildren();
  control.disabled = true;
  try {
    await work();
    return true;
  } catch (error) {
    if (error.name !== "AbortError") into.replaceChildren(problem(error));
    return false;
  } finally {
    control.disabled = false;
  }
}

/** A button that copies what `text` is then. */
export function copying(label, text, properties = {}) {
  let back;
  return button(
    label,
    async ({ currentTarget }) => {
      const done = await copy(typeof text === "function" ? text() : text);
      currentTarget.textContent = done ? "Copied" : "Cannot copy";
      announce(currentTarget.textContent);
      clearTimeout(back);
      back = setTimeout(() => (currentTarget.textContent = label), 1500);
    },
    { className: "small", ...properties },
  );
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that did not come over HTTPS have no clipboard, but a selection can still be copied.
    const area = make("textarea", { value: text, className: "unseen", readOnly: true });
    const before = document.activeElement;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}

/** A text to take along, with a button that copies it. */
export function snippet(text, label = "Copy") {
  const code = make("code", { textContent: text });
  return make("div", { className: "snippet" }, code, copying(label, text));
}

/** A dialog that is open until it is closed; `build(close)` gives what it holds. */
export function dialog(title, build) {
  const heading = make("h2", { textContent: title, id: `dialog-${(count += 1)}` });
  const node = make("dialog", { "aria-labelledby": heading.id });
  return new Promise((resolve) => {
    let answer;
    const close = (value) => {
      answer = value;
      node.close();
    };
    // The browser has given the focus back by now. This may come later, when somebody types elsewhere already.
    node.addEventListener("close", () => {
      node.remove();
      resolve(answer);
    });
    // Beside the dialog is the dialog itself, as far as clicks go.
    node.addEventListener("pointerdown", (event) => event.target === node && close());
    node.append(make("div", { className: "dialog-body" }, heading, ...[build(close)].flat()));
    document.body.append(node);
    node.showModal();
  });
}

/** Asks before something is done that cannot be undone. */
export function confirmed(title, text, action) {
  return dialog(title, (close) => [
    make("p", { textContent: text }),
    make(
      "div",
      { className: "row end" },
      button("Cancel", () => close(false), { autofocus: true }),
      button(action, () => close(true), { className: "danger" }),
    ),
  ]);
}

/** The name of a view. It takes the focus when the view is new. */
export const title = (text, ...beside) =>
  make("div", { className: "title" }, make("h1", { textContent: text, tabIndex: -1 }), ...beside);

/** Stands where something is being waited for. */
export const waiting = (text = "Loading…") => make("p", { className: "waiting", role: "status", textContent: text });
