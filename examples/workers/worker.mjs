// PUT /a/b.jpg stores the body under the id a/b.jpg, GET /a/b.jpg gives it back at most 400 pixels wide, DELETE removes it, and
// GET / lists what is there.

export default {
  async fetch(request, { IMAGES }) {
    const id = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (id === "") return Response.json(await IMAGES.hosted.list({ limit: 100 }));
    const image = IMAGES.hosted.image(id);
    if (request.method === "PUT") return Response.json(await IMAGES.hosted.upload(request.body, { id }));
    if (request.method === "DELETE") return Response.json({ deleted: await image.delete() });
    const bytes = await image.bytes();
    if (bytes === null) return new Response("there is no such image\n", { status: 404 });
    const output = await IMAGES.input(bytes).transform({ width: 400 }).output({ format: "image/webp" });
    return output.response();
  },
};
