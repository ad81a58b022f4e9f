// The dashboard: who is signed in, which view is shown, and nothing else. A view is a module that has `show(main, about)`; what is
// shown is told by the address bar's hash, so that links and the way back work. `about.signal` ends with the view.

import * as detail from "./detail.js";
import * as direct from "./direct.js";
import { announce, attempt, button, field, make } from "./dom.js";
import * as editor from "./editor.js";
import * as images from "./images.js";
import * as keys from "./keys.js";
import { session } from "./session.js";
import { acceptDrops } from "./uploads.js";
import * as usage from "./usage.js";
import * as variants from "./variants.js";

const $ = (id) => document.getElementById(id);
const main = $("main");

/** What stands in the hash, the view, the tab it belongs to, and what the part behind it is called. */
const ROUTES = [
  [/^#\/images\/(.+)$/, detail, "#/images", "id"],
  [/^#\/variants\/(.+)$/, editor, "#/variants", "name"],
  [/^#\/new-variant$/, editor, "#/variants"],
  [/^#\/variants$/, variants, "#/variants"],
  [/^#\/keys$/, keys, "#/keys"],
  [/^#\/direct$/, direct, "#/direct"],
  [/^#\/usage$/, usage, "#/usage"],
  [/^/, images, "#/images"],
];

let leaving = new AbortController();

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand
  }
}

async function route() {
  if (!session.isOpen) return door();
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [pattern, view, tab, part] = ROUTES.find(([pattern]) => pattern.test(location.hash));
  for (const link of $("tabs").children) {
    if (link.getAttribute("href") === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const id of ["tabs", "who"]) $(id).hidden = false;
  $("account").textContent = `${session.account.slice(0, 8)}…`;
  $("account").title = `Account ${session.account}`;
  const rest = pattern.exec(location.hash)?.[1];
  scrollTo(0, 0);
  await view.show(main, { signal, ...(part && { [part]: decoded(rest) }) });
  if (signal.aborted) return;
  const heading = main.querySelector("h1");
  document.title = `${heading?.textContent ?? "Stored images"} · tintype`;
  heading?.focus({ preventScroll: true });
}

/** Asks who wants to come in. */
function door(why = "") {
  leaving.abort();
  for (const id of ["tabs", "who"]) $(id).hidden = true;
  document.title = "Stored images · tintype";
  const account = make("input", {
    className: "text",
    name: "account",
    required: true,
    pattern: "\\s*[0-9A-Fa-f]{32}\\s*",
    title: "32 hexadecimal digits",
    autocomplete: "username",
    spellcheck: false,
    autocapitalize: "off",
  });
  const token = make("input", {
    className: "text",
    name: "token",
    type: "password",
    required: true,
    autocomplete: "current-password",
  });
  const said = make("div");
  const go = button("Sign in", undefined, { type: "submit", className: "primary" });
  const form = make("form", { method: "post" }, field("Account", account), field("API token", token), said, go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await attempt(go, said, () => enter(account.value.trim().toLowerCase(), token.value.trim()));
    if (!done) return;
    announce("Signed in");
    route();
  });
  const hint = make(
    "div",
    { className: "hint" },
    make(
      "p",
      {},
      make("code", { textContent: "tintype hosted account" }),
      " prints the account, ",
      make("code", { textContent: "tintype hosted token create NAME" }),
      " makes a token.",
    ),
    make("p", { textContent: "Both are kept by this tab until it is closed, and sent to this server only." }),
  );
  const note = why && make("p", { className: "problem", role: "alert", textContent: why });
  main.replaceChildren(
    make("section", { className: "door" }, make("h1", { textContent: "Stored images" }), note, form, hint),
  );
  account.focus();
}

/** Opens the session if the server knows the token. */
async function enter(account, token) {
  const response = await fetch(`/client/v4/accounts/${encodeURIComponent(account)}/images/v1/stats`, {
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
    credentials: "omit",
  }).catch(() => {
    throw new Error("The server cannot be reached. Check that it is running and try again.");
  });
  if (response.status === 401)
    throw new Error(
      "The server does not know this token. Check that all of it was copied, and that it was not revoked.",
    );
  if (response.status === 403)
    throw new Error("The token is not for this account, or for something else than the API.");
  if (!response.ok) throw new Error(`The server answers ${response.status}. Try again in a moment.`);
  session.open(account, token);
}

session.addEventListener("closed", ({ detail: why }) => {
  images.forget();
  door(why);
});
$("sign-out").addEventListener("click", () => session.close());
$("skip").addEventListener("click", (event) => {
  // The hash says which view is shown.
  event.preventDefault();
  main.focus();
});
// Views that are made anew begin at their top, and the one that stays knows where it was.
history.scrollRestoration = "manual";
addEventListener("hashchange", route);
addEventListener("keydown", (event) => {
  const isTyping = document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  const search = $("search");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
acceptDrops();
route();
