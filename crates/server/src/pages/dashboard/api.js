// The server's API as this page asks it: tokens, envelopes and errors. No element is touched here.

import { session } from "./session.js";

/** How often a busy server is asked again, and how long is waited in between, in milliseconds. */
const TRIES = 4;
const PAUSE_MS = 900;

/** An answer that is no result. `code` is the API's own; 0 means that there was no answer. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }

  /** What can be done about it, if that can be said. */
  get advice() {
    return ADVICE[this.code] ?? ADVICE[this.status] ?? "";
  }
}

const ADVICE = {
  0: "Check that the server is running and try again.",
  404: "It may have been deleted meanwhile; reload the list.",
  429: "Wait a moment and try again.",
  503: "The server is busy; try again in a moment.",
  5409: "Choose another one, or delete what has it.",
  5413: "Make it smaller, or let the server take more: hosted.upload_bytes and hosted.upload_side.",
  5415: "Choose a file, not a folder or a link.",
  5453: "Delete what is not needed any more.",
  5455: "If it is one of these, the file is damaged.",
  5408: "The connection was too slow; try again.",
};

const unreachable = () => new ApiError(0, 0, "The server cannot be reached.");

/** The error in an envelope; where there is none, in a text such as `ERROR 9422: …`. */
function failure(status, text) {
  let error = {};
  try {
    error = JSON.parse(text).errors?.[0] ?? {};
  } catch {
    error.message = text.trim();
  }
  const [, code, message] = /^ERROR (\d+): ?(.*)$/s.exec(error.message ?? "") ?? [];
  const said = message ?? error.message;
  const sentence = said ? said[0].toUpperCase() + said.slice(1) : `The server answers ${status}.`;
  if (status === 401 && session.isOpen) session.close("The token is not valid any more. Sign in with another.");
  return new ApiError(status, error.code ?? (Number(code) || status), sentence);
}

const address = (path) => `/client/v4/accounts/${encodeURIComponent(session.account)}/images${path}`;
const authorization = () => ({ authorization: `Bearer ${session.token}` });

async function send(method, path, { json, form, signal, cache = "no-store" } = {}) {
  const headers = authorization();
  if (json !== undefined) headers["content-type"] = "application/json";
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    return await fetch(address(path), { method, headers, body, signal, cache, credentials: "omit" });
  } catch (error) {
    throw error.name === "AbortError" ? error : unreachable();
  }
}

/** The result of a request; `path` is below `…/images`. */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  if (!response.ok) throw failure(response.status, await response.text());
  return (await response.json()).result;
}

/** How many images there are (`current`), and may be (`allowed`). */
export const stats = async (signal) => (await call("GET", "/v1/stats", { signal })).count;

/** An image's path: ids may hold slashes and anything else. */
export const imagePath = (id) => `/v1/${encodeURIComponent(id)}`;

/** An image as `options` would deliver it: a blob. */
export async function preview(id, options, signal) {
  const path = `${imagePath(id)}/preview?options=${encodeURIComponent(JSON.stringify(options))}`;
  for (let tried = 1; ; tried += 1) {
    const response = await send("GET", path, { signal, cache: "no-cache" });
    if (response.ok) return response.blob();
    if (response.status !== 503 || tried === TRIES) throw failure(response.status, await response.text());
    await new Promise((done) => setTimeout(done, PAUSE_MS * tried));
    signal?.throwIfAborted();
  }
}

/** The bytes as they were uploaded. */
export async function original(id, signal) {
  const response = await send("GET", `${imagePath(id)}/blob`, { signal });
  if (!response.ok) throw failure(response.status, await response.text());
  return response.blob();
}

/** Uploads a form; `onProgress` is told the part that was sent, 0 to 1. */
export function upload(form, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("/v1"));
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && total) onProgress(loaded / total);
    });
    request.addEventListener("load", () => {
      if (request.status !== 200) return reject(failure(request.status, request.responseText));
      resolve(JSON.parse(request.responseText).result);
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
