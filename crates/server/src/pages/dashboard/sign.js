// Signed URLs: made by the server, or here of a key, as the server would.

import { call, imagePath } from "./api.js";
import { attempt, button, field, make, select, snippet } from "./dom.js";
import { time } from "./format.js";

const HOUR_S = 3600;
const SPANS = [
  [HOUR_S, "an hour"],
  [24 * HOUR_S, "a day"],
  [7 * 24 * HOUR_S, "a week"],
  [30 * 24 * HOUR_S, "30 days"],
  ["at", "until…"],
  ["", "for ever"],
];

/** Browsers compute signatures only in pages that came over HTTPS or from this machine. */
const CAN_SIGN = Boolean(globalThis.crypto?.subtle);

/** `url` with `exp`, in Unix seconds, if there is one, and the signature of its path and query by `key`. */
export async function signed(url, key, exp) {
  const { origin, pathname } = new URL(url);
  const text = `${pathname}?${exp === null ? "" : `exp=${exp}`}`;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", encoder.encode(key), algorithm, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign(algorithm.name, secret, encoder.encode(text)));
  const sig = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${origin}${text}${exp === null ? "" : "&"}sig=${sig}`;
}

const variantOf = (url) => decodeURIComponent(new URL(url).pathname.split("/").pop());

/** A form that makes signed URLs of `image`, or of one that is asked for where there is none. */
export function signing({ image = null, variants, keys }) {
  const id = make("input", { className: "text", required: true, autocomplete: "off", spellcheck: false });
  const variant = select(
    variants.map((name) => [name]),
    variants[0],
  );
  const until = make("input", { type: "datetime-local", className: "text", "aria-label": "Until" });
  const span = select(SPANS, "86400", () => refresh());
  const key = select(
    keys.map(({ name }) => [name]),
    keys[0]?.name,
  );
  const by = select(
    [
      ["server", "the server"],
      ["page", "this page"],
    ],
    "server",
  );
  const result = make("div", { className: "result" });
  const go = button("Make the URL", undefined, { type: "submit" });
  by.querySelector("[value=page]").disabled = !CAN_SIGN;

  const refresh = () => (until.hidden = span.value !== "at");
  refresh();

  /** Seconds from now; none for ever. */
  function expiresIn() {
    if (span.value === "") return null;
    if (span.value !== "at") return Number(span.value);
    const seconds = Math.round((new Date(until.value) - Date.now()) / 1000);
    if (!(seconds > 0)) throw new Error("Choose a time that is yet to come.");
    return seconds;
  }

  async function make_(event) {
    event.preventDefault();
    const made = await attempt(go, result, async () => {
      const seconds = expiresIn();
      const target = image ?? (await call("GET", imagePath(id.value.trim())));
      const url = by.value === "page" ? await here(target, seconds) : await there(target, seconds);
      const end = new URL(url).searchParams.get("exp");
      const note = end ? `Good until ${time(end * 1000)}.` : "Good for ever: until the key is deleted.";
      result.replaceChildren(snippet(url, "Copy URL"), make("p", { className: "hint", textContent: note }));
    });
    if (made) result.querySelector("button").focus();
  }

  const there = (target, seconds) =>
    call("POST", `${imagePath(target.id)}/signed_url`, {
      json: { variant: variant.value, keyName: key.value, ...(seconds === null ? {} : { expiresIn: seconds }) },
    });

  function here(target, seconds) {
    const url = target.variants.find((url) => variantOf(url) === variant.value);
    const { value } = keys.find(({ name }) => name === key.value);
    return signed(url, value, seconds === null ? null : Math.floor(Date.now() / 1000) + seconds);
  }

  return make(
    "form",
    { className: "signing", onsubmit: make_, autocomplete: "off" },
    make(
      "div",
      { className: "filter-row" },
      !image && field("Image ID", id),
      field("Variant", variant),
      field("Good for", span),
      until,
      field("Key", key),
      field("Signed by", by, CAN_SIGN ? undefined : "This page can sign only over HTTPS."),
    ),
    make("div", { className: "row" }, go),
    result,
  );
}
