// env.IMAGES.hosted of Cloudflare's runtime, answered by tintype. See README.md.
//
// The runtime's own client of the Images binding calls methods of a Worker where it is about stored images, and sends HTTP where
// it is about pictures that it brings along. This Worker takes both: methods become requests of tintype's API, and requests are
// passed on as they are.
//
// Its bindings: BACKEND, the service that is tintype; ACCOUNT and TOKEN, which `tintype hosted account` and `tintype hosted token`
// tell; and HOST, if URLs in answers are to begin with another host than tintype (the setting hosted.delivery_url does the same).

import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

// Seconds that a direct upload waits where nothing is said.
const EXPIRES_IN = 1800;

// Images of one answer where nothing is said.
const LIMIT = 50;

class Api {
  #backend;
  #base;
  #token;

  constructor({ BACKEND, ACCOUNT, TOKEN, HOST }) {
    this.#backend = BACKEND;
    this.#base = `http://${HOST ?? "tintype"}/client/v4/accounts/${ACCOUNT}/images`;
    this.#token = TOKEN;
  }

  ask(method, path, body) {
    const isForm = body === undefined || body instanceof FormData;
    const headers = { Authorization: `Bearer ${this.#token}` };
    return this.#backend.fetch(`${this.#base}${path}`, { method, headers, body: isForm ? body : JSON.stringify(body) });
  }

  // What the answer's envelope holds.
  async result(method, path, body) {
    return unwrapped(await this.ask(method, path, body));
  }
}

async function unwrapped(response) {
  const envelope = await response.json();
  if (envelope.success) return envelope.result;
  const { message, code } = envelope.errors[0];
  throw Object.assign(new Error(message), { code });
}

// What the binding calls an image: without what is not known of it.
function described({ id, filename, uploaded, requireSignedURLs, meta, variants, draft, creator }) {
  const image = { id, filename, uploaded, requireSignedURLs, meta, variants, draft, creator };
  return Object.fromEntries(Object.entries(image).filter(([, value]) => value !== undefined));
}

class Handle extends RpcTarget {
  #api;
  #path;

  constructor(api, id) {
    super();
    this.#api = api;
    this.#path = `/v1/${encodeURIComponent(id)}`;
  }

  async details() {
    const response = await this.#api.ask("GET", this.#path);
    if (response.status === 404) return missing(response);
    return described(await unwrapped(response));
  }

  async bytes() {
    const response = await this.#api.ask("GET", `${this.#path}/blob`);
    if (response.status === 404) return missing(response);
    return response.ok ? response.body : unwrapped(response);
  }

  async update({ requireSignedURLs, metadata, creator } = {}) {
    return described(await this.#api.result("PATCH", this.#path, { requireSignedURLs, metadata, creator }));
  }

  async delete() {
    const response = await this.#api.ask("DELETE", this.#path);
    if (response.status === 404) return (await missing(response)) !== null;
    await unwrapped(response);
    return true;
  }

  signedUrl({ variant, expiresIn, keyName }) {
    return this.#api.result("POST", `${this.#path}/signed_url`, { variant, expiresIn, keyName });
  }
}

// Bodies that nobody reads keep their connections.
async function missing(response) {
  await response.body?.cancel();
  return null;
}

async function whole(image, encoding) {
  if (encoding !== "base64") return new Response(image).arrayBuffer();
  const text = atob((await new Response(image).text()).replace(/\s/g, ""));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

// {"a.b": 1} and {"a.b": {gte: 1, lt: 5}} as the API has them: meta.a.b[eq:number]=1.
function* conditions(metadata = {}) {
  for (const [path, test] of Object.entries(metadata)) {
    const tests = test !== null && typeof test === "object" ? test : { eq: test };
    for (const [operator, value] of Object.entries(tests)) {
      const values = [value].flat();
      const kind = typeof values[0];
      yield [`meta.${path}[${operator}:${kind}]`, values.join("|")];
    }
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return this.env.BACKEND.fetch(request);
  }

  image(id) {
    return new Handle(new Api(this.env), id);
  }

  async upload(image, { id, filename, requireSignedURLs, metadata, creator, encoding } = {}) {
    const form = new FormData();
    form.append("file", new File([await whole(image, encoding)], filename ?? ""));
    if (id !== undefined) form.append("id", id);
    if (creator !== undefined) form.append("creator", creator);
    if (requireSignedURLs !== undefined) form.append("requireSignedURLs", `${requireSignedURLs}`);
    if (metadata !== undefined) form.append("metadata", JSON.stringify(metadata));
    return described(await new Api(this.env).result("POST", "/v1", form));
  }

  async list({ limit, cursor, sortOrder, creator, filter } = {}) {
    const query = new URLSearchParams([...conditions(filter?.metadata)]);
    query.append("per_page", limit ?? LIMIT);
    if (cursor !== undefined) query.append("continuation_token", cursor);
    if (sortOrder !== undefined) query.append("sort_order", sortOrder);
    if (creator !== undefined) query.append("creator", creator);
    const page = await new Api(this.env).result("GET", `/v2?${query}`);
    const next = page.continuation_token;
    const images = page.images.map(described);
    return next === null ? { images, listComplete: true } : { images, cursor: next, listComplete: false };
  }

  async createDirectUpload({ id, requireSignedURLs, metadata, creator, expiresIn } = {}) {
    const expiry = new Date(Date.now() + (expiresIn ?? EXPIRES_IN) * 1000).toISOString();
    const said = { id, requireSignedURLs, metadata, creator, expiry };
    return new Api(this.env).result("POST", "/v2/direct_upload", said);
  }
}
