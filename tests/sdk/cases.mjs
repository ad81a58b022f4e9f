// Every call about images of Cloudflare's SDK for JavaScript, with its base URL pointed at tintype. Prints what came of it as JSON:
// [{name, error}], where error is null when the case passed. `every call` fails where the SDK has a call that no case makes.
//
// From the environment: PACKAGES, the folder of package.json; BASE_URL, ACCOUNT, TOKEN; and PICTURES, a URL of pictures.

import { deepStrictEqual as equal, ok, rejects } from "node:assert";
import { createRequire } from "node:module";

const { PACKAGES, BASE_URL, ACCOUNT, TOKEN, PICTURES } = process.env;
const { default: Cloudflare, toFile } = createRequire(`${PACKAGES}/package.json`)("cloudflare");
const client = new Cloudflare({ apiToken: TOKEN, baseURL: `${BASE_URL}/client/v4`, maxRetries: 0, timeout: 30_000 });
const account = { account_id: ACCOUNT };
const picture = Buffer.from(await (await fetch(`${PICTURES}/logo.png`)).arrayBuffer());

// Names of calls, as "v1.keys.list": those there are, and those that were made.
const there = new Set();
const made = new Set();

// Like `resource`, noting the calls.
function noted(resource, path) {
  const methods = new Set();
  for (let layer = resource; layer !== Object.prototype; layer = Object.getPrototypeOf(layer)) {
    for (const name of Object.getOwnPropertyNames(layer)) {
      if (name !== "constructor" && !name.startsWith("_") && typeof resource[name] === "function") methods.add(name);
    }
  }
  for (const name of methods) there.add(`${path}${name}`);
  return new Proxy(resource, {
    get(target, name) {
      const value = target[name];
      if (methods.has(name)) {
        return (...given) => {
          made.add(`${path}${name}`);
          return value.apply(target, given);
        };
      }
      return value !== null && typeof value === "object" && !name.startsWith("_") ? noted(value, `${path}${name}.`) : value;
    },
  });
}
const { v1, v2 } = noted(client.images, "");

const file = (name) => toFile(picture, name, { type: "image/png" });
const upload = async (more = {}) => v1.create({ ...account, file: await file("logo.png"), ...more });
const code = (status, code) => (error) => error.status === status && error.errors[0].code === code;

const cases = {
  async "v1: create, get, edit, delete"() {
    const image = await upload({ id: "sdk/a b.png", metadata: '{"kind":"logo"}', creator: "me", requireSignedURLs: false });
    equal([image.id, image.filename, image.creator, image.requireSignedURLs], ["sdk/a b.png", "logo.png", "me", false]);
    equal(image.meta, { kind: "logo" });
    ok(image.variants[0].endsWith("/sdk/a%20b.png/public") && !Number.isNaN(Date.parse(image.uploaded)));
    equal(await v1.get(image.id, account), image);
    const edited = await v1.edit(image.id, { ...account, metadata: { kind: "x", n: { m: 1 } }, creator: "you" });
    equal([edited.id, edited.meta, edited.creator], [image.id, { kind: "x", n: { m: 1 } }, "you"]);
    equal(await v1.delete(image.id, account), {});
    await rejects(v1.get(image.id, account), code(404, 5404));
  },
  async "v1: create with metadata as an object"() {
    const image = await upload({ metadata: { kind: "logo", deep: { er: "x" } }, requireSignedURLs: true });
    equal([image.meta, image.requireSignedURLs], [{ kind: "logo", deep: { er: "x" } }, true]);
    await v1.delete(image.id, account);
  },
  async "v1: create by URL"() {
    const image = await v1.create({ ...account, url: `${PICTURES}/logo.png` });
    equal(image.filename, "logo.png");
    await v1.delete(image.id, account);
  },
  async "v1: errors"() {
    await rejects(v1.create({ ...account, file: await toFile(Buffer.from("no picture"), "a.txt") }), code(415, 5455));
    await rejects(v1.get("nobody", { account_id: "f".repeat(32) }), code(403, 5403));
    const stranger = new Cloudflare({ apiToken: "wrong", baseURL: `${BASE_URL}/client/v4`, maxRetries: 0 });
    await rejects(stranger.images.v1.stats.get(account), code(401, 10000));
  },
  async "v1: blobs"() {
    const image = await upload();
    const blob = await v1.blobs.get(image.id, account);
    equal([blob.headers.get("content-type"), Buffer.from(await blob.arrayBuffer())], ["image/png", picture]);
    await v1.delete(image.id, account);
  },
  async "v1: stats"() {
    const before = await v1.stats.get(account);
    const image = await upload();
    const after = await v1.stats.get(account);
    equal([after.count.current - before.count.current, after.count.allowed], [1, 10_000_000]);
    await v1.delete(image.id, account);
  },
  async "v1: keys"() {
    const names = ({ keys }) => keys.map(({ name }) => name);
    equal(names(await v1.keys.list(account)), ["default"]);
    const { keys } = await v1.keys.update("second", account);
    ok(keys.every(({ value }) => value.length >= 32));
    equal(names({ keys }), ["default", "second"]);
    equal(names(await v1.keys.delete("second", account)), ["default"]);
  },
  async "v1: variants"() {
    const options = { fit: "scale-down", metadata: "none", width: 1366, height: 768 };
    const hero = { id: "hero", options, neverRequireSignedURLs: true };
    equal(await v1.variants.create({ ...account, ...hero }), { variant: hero });
    equal(await v1.variants.get("hero", account), { variant: hero });
    equal(Object.keys((await v1.variants.list(account)).variants), ["hero", "public"]);
    const smaller = { ...options, width: 20 };
    const edited = await v1.variants.edit("hero", { ...account, options: smaller, neverRequireSignedURLs: false });
    equal(edited, { variant: { id: "hero", options: smaller, neverRequireSignedURLs: false } });
    await rejects(v1.variants.create({ ...account, ...hero }), code(409, 5409));
    equal(await v1.variants.delete("hero", account), {});
    await rejects(v1.variants.get("hero", account), code(404, 5401));
  },
  async "v1 and v2: list"() {
    const ids = [];
    for (const number of [0, 1, 2]) {
      const { id } = await upload({ metadata: JSON.stringify({ number }), creator: "lister" });
      ids.unshift(id);
    }
    const old = await v1.list({ ...account, creator: "lister", page: 1, per_page: 10 });
    equal(old.result.images.map(({ id }) => id), ids);
    const first = await v2.list({ ...account, creator: "lister", per_page: 2, sort_order: "desc" });
    equal(first.images.map(({ id }) => id), ids.slice(0, 2));
    const second = await v2.list({ ...account, creator: "lister", continuation_token: first.continuation_token });
    equal([second.images.map(({ id }) => id), second.continuation_token], [ids.slice(2), null]);
    const meta = { "number[gte:number]": "1" };
    equal((await v2.list({ ...account, creator: "lister", meta })).images.length, 2);
    for (const id of ids) await v1.delete(id, account);
  },
  async "v2: direct uploads"() {
    const expiry = new Date(Date.now() + 600_000).toISOString();
    const { id, uploadURL } = await v2.directUploads.create({ ...account, expiry, metadata: '{"a":1}', creator: "me" });
    equal((await v1.get(id, account)).draft, true);
    const form = new FormData();
    form.append("file", new Blob([picture], { type: "image/png" }), "sent.png");
    const sent = await fetch(uploadURL, { method: "POST", body: form });
    equal([sent.status, (await sent.json()).result.id], [200, id]);
    const image = await v1.get(id, account);
    equal([image.draft, image.meta, image.filename, image.creator], [undefined, { a: 1 }, "sent.png", "me"]);
    await v1.delete(id, account);
    const custom = await v2.directUploads.create({ ...account, id: "sdk/direct", requireSignedURLs: false });
    equal(custom.id, "sdk/direct");
    await v1.delete("sdk/direct", account);
  },
  async "every call"() {
    equal([...there].filter((name) => !made.has(name)), []);
    ok(made.size >= 17, `${[...made]}`);
  },
};

const report = [];
for (const [name, run] of Object.entries(cases)) {
  const error = await run().then(() => null, (error) => `${error.stack ?? error}`);
  report.push({ name, error });
}
console.log(JSON.stringify(report));
