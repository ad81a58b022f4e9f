// env.IMAGES.hosted, through the Worker of examples/workers/: every method, as the runtime's own client sends it.

import { equal, ok } from "./check.mjs";
import { BLUE, RED, described, plain, stream } from "./pictures.mjs";

const bytes = async (body) => new Uint8Array(await new Response(body).arrayBuffer());

async function fails(promise, part) {
  let message;
  try {
    await promise;
  } catch (error) {
    message = error.message;
  }
  ok(message?.includes(part), `${message} does not say ${part}`);
}

export default {
  "upload, details, bytes, delete": async ({ hosted }) => {
    const picture = await plain(6, 4, RED);
    const options = { id: "albums/2026/a b.png", filename: "a.png", metadata: { kind: "cat" }, creator: "me" };
    const image = await hosted.upload(stream(picture), options);
    equal([image.id, image.filename, image.creator, image.requireSignedURLs], [options.id, "a.png", "me", false], "image");
    equal(image.meta, { kind: "cat" }, "metadata");
    ok(!Number.isNaN(Date.parse(image.uploaded)), `uploaded is ${image.uploaded}`);
    ok(image.variants[0].endsWith("/albums/2026/a%20b.png/public"), `variants are ${image.variants}`);
    const handle = hosted.image(options.id);
    equal(await handle.details(), image, "details");
    equal([...(await bytes(await handle.bytes()))], [...(await bytes(stream(picture)))], "bytes");
    equal(await handle.delete(), true, "delete");
    equal([await handle.details(), await handle.bytes(), await handle.delete()], [null, null, false], "afterwards");
  },

  "upload of a buffer, and of base64": async ({ hosted }) => {
    const picture = await bytes(stream(await plain(5, 3, BLUE)));
    const one = await hosted.upload(picture.buffer);
    const text = btoa(String.fromCharCode(...picture));
    const other = await hosted.upload(stream(new TextEncoder().encode(text)), { encoding: "base64" });
    for (const image of [one, other]) {
      equal([image.id.length, image.filename], [36, undefined], "an id of ours, and no name");
      const stored = await bytes(await hosted.image(image.id).bytes());
      equal(described(stored), { format: "image/png", width: 5, height: 3 }, "what is stored");
      await hosted.image(image.id).delete();
    }
  },

  "what cannot be stored is an error": async ({ hosted }) => {
    await fails(hosted.upload(stream(new TextEncoder().encode("no picture"))), "ERROR 5455");
    await fails(hosted.image("nobody").update({ creator: "me" }), "ERROR 5404");
    await hosted.upload(stream(await plain(2, 2, RED)), { id: "taken" });
    await fails(hosted.upload(stream(await plain(2, 2, RED)), { id: "taken" }), "ERROR 5409");
    await hosted.image("taken").delete();
  },

  update: async ({ hosted }) => {
    const image = await hosted.upload(stream(await plain(2, 2, RED)), { metadata: { a: 1 } });
    const changed = await hosted.image(image.id).update({ metadata: { b: { c: true } }, creator: "you" });
    equal([changed.id, changed.creator, changed.meta.b.c, changed.meta.a], [image.id, "you", true, undefined], "changed");
    const hidden = await hosted.image(image.id).update({ requireSignedURLs: true });
    ok(hidden.id !== image.id && hidden.requireSignedURLs, `hidden is ${JSON.stringify(hidden)}`);
    equal(await hosted.image(hidden.id).delete(), true, "delete");
  },

  "list, with pages and filters": async ({ hosted }) => {
    const ids = [];
    for (const number of [0, 1, 2, 3, 4]) {
      const metadata = { number, kind: ["cat", "dog"][number % 2], deep: { flag: number > 2 } };
      const image = await hosted.upload(stream(await plain(2, 2, RED)), { id: `list-${number}`, metadata, creator: "lister" });
      ids.push(image.id);
    }
    const listed = async (options) => (await hosted.list({ creator: "lister", ...options })).images.map(({ id }) => id);
    equal(await listed({}), ids.toReversed(), "newest first");
    equal(await listed({ sortOrder: "asc" }), ids, "oldest first");
    const first = await hosted.list({ creator: "lister", limit: 2, sortOrder: "asc" });
    equal([first.images.length, first.listComplete], [2, false], "the first page");
    const second = await hosted.list({ creator: "lister", limit: 3, sortOrder: "asc", cursor: first.cursor });
    equal([second.images.map(({ id }) => id), second.listComplete, second.cursor], [ids.slice(2), true, undefined], "the rest");
    for (const [metadata, expected] of [
      [{ kind: "dog" }, [1, 3]],
      [{ number: 3 }, [3]],
      [{ number: { gte: 1, lt: 3 } }, [1, 2]],
      [{ kind: { in: ["cat", "cow"] }, number: { gt: 0 } }, [2, 4]],
      [{ "deep.flag": { eq: true } }, [3, 4]],
    ]) {
      const found = await listed({ sortOrder: "asc", filter: { metadata } });
      equal(found, expected.map((at) => ids[at]), JSON.stringify(metadata));
    }
    for (const id of ids) await hosted.image(id).delete();
    equal((await hosted.list({ creator: "lister" })).images, [], "nothing is left");
  },

  createDirectUpload: async ({ hosted, fetchUpload }) => {
    const { id, uploadURL } = await hosted.createDirectUpload({ metadata: { a: 1 }, creator: "me", expiresIn: 600 });
    equal((await hosted.image(id).details()).draft, true, "a draft");
    const form = new FormData();
    form.append("file", new File([await bytes(stream(await plain(3, 2, BLUE)))], "sent.png"));
    const sent = await fetchUpload(uploadURL, { method: "POST", body: form });
    equal(sent.status, 200, await sent.text());
    const image = await hosted.image(id).details();
    equal([image.draft, image.filename, image.meta.a], [undefined, "sent.png", 1], "the image");
    await hosted.image(id).delete();
    await fails(hosted.createDirectUpload({ expiresIn: 5 }), "ERROR 5400");
  },

  "signedUrl, and a picture of what is stored": async ({ hosted, stored, fetchUpload }) => {
    const image = await hosted.upload(stream(await plain(8, 6, RED)), { requireSignedURLs: true });
    const handle = hosted.image(image.id);
    const url = await handle.signedUrl({ variant: "public", expiresIn: 60 });
    ok(/\/public\?exp=\d+&sig=[0-9a-f]{64}$/.test(url), url);
    const [signed, bare] = [await fetchUpload(url), await fetchUpload(url.split("?")[0])];
    equal([signed.status, bare.status, (await bare.text()).slice(0, 10)], [200, 403, "ERROR 9425"], "delivery");
    await signed.body.cancel();
    ok((await handle.signedUrl({ variant: "public" })).includes("?sig="), "for ever");
    await fails(handle.signedUrl({ variant: "public", keyName: "none" }), "ERROR 5404");
    const result = await stored.input(await handle.bytes()).transform({ width: 4 }).output({ format: "image/png" });
    equal(described(await bytes(result.image())), { format: "image/png", width: 4, height: 3 }, "the picture");
    await handle.delete();
  },
};
