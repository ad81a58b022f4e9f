// Runs every case, and answers with what came of each: [{name, error}], where error is null when the case passed.
// ?only=TEXT keeps to the cases with that text in their names.

import binding from "./binding.mjs";
import fetching from "./fetch.mjs";
import golden from "./golden.mjs";
import hosted from "./hosted.mjs";

const suites = { binding, golden, hosted, fetch: fetching };

export default {
  async fetch(request, env) {
    const only = new URL(request.url).searchParams.get("only") ?? "";
    const report = [];
    for (const [suite, cases] of Object.entries(suites)) {
      for (const [title, run] of Object.entries(cases)) {
        const name = `${suite}: ${title}`;
        if (!name.includes(only)) continue;
        report.push({ name, error: await outcome(run, env) });
      }
    }
    return Response.json(report);
  },
};

async function outcome(run, env) {
  try {
    const { IMAGES: images, STORED, BACKEND } = env;
    const fetchUpload = (url, init) => BACKEND.fetch(url, init);
    await run({ images, hosted: STORED.hosted, stored: STORED, fetchUpload, origin: new Origin(env) });
    return null;
  } catch (error) {
    return error instanceof Error
      ? `${error.message}${error.code === undefined ? "" : ` (code ${error.code})`}`
      : `${error}`;
  }
}

// Where sources are: asked without tintype by `read`, and named to tintype by `url`.
class Origin {
  #service;
  #base;

  constructor(env) {
    this.#service = env.ORIGIN;
    this.#base = env.ORIGIN_URL;
  }

  url(path) {
    return `${this.#base}/${path}`;
  }

  async read(path) {
    const response = await this.#service.fetch(this.url(path));
    if (!response.ok) throw new Error(`the origin answers ${response.status} for ${path}`);
    return response.body;
  }
}
