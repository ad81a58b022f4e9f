// What cases stand on: a page, whatever it does that it must not do, and the ways of a person that a browser's driver lacks.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** How long something may take, in milliseconds: a software adapter computes on a busy machine. */
export const PATIENCE_MS = 60_000;

export function check(is, what) {
  if (!is) throw new Error(what);
}

/** As JSON, with the members of objects in order. */
function written(value) {
  const isObject = (value) => value && typeof value === "object" && !Array.isArray(value);
  const sorted = (_key, value) => (isObject(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
  return JSON.stringify(value, sorted);
}

export function same(got, expected, what = "") {
  const [a, b] = [written(got), written(expected)];
  check(a === b, `${what} is ${a} and not ${b}`);
}

export class Stage {
  #noise = [];
  #allowed = [];
  #hosts = new Set();

  static async open(browser, about) {
    const stage = new Stage();
    Object.assign(stage, about, { browser });
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en-US" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: about.server });
    stage.#hosts.add(new URL(about.server).host);
    stage.context = context;
    stage.page = await stage.newPage();
    return stage;
  }

  /** Requests to this host are fine, too. */
  allowHost(host) {
    this.#hosts.add(host);
  }

  /** What the console says that matches is fine, until the end of the case. */
  allow(pattern) {
    this.#allowed.push(pattern);
  }

  async newPage() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#noise.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#noise.push(`exception: ${error.stack}`));
    page.on("request", (request) => {
      const url = request.url();
      if (url.includes(this.token)) this.#noise.push(`the token is in ${url}`);
      if (/^(blob|data):/.test(url)) return;
      if (!this.#hosts.has(new URL(url).host)) this.#noise.push(`a request to ${url}`);
    });
    await page.addInitScript(() =>
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`)),
    );
    return page;
  }

  /** Fails if a page did what it must not do. */
  checkSilence() {
    const loud = this.#noise.filter((line) => !this.#allowed.some((pattern) => pattern.test(line)));
    check(!loud.length, loud.join("\n"));
  }

  /** What a page is like where a case has failed: all that it did, where it is, what it says, and what has the focus. */
  async found() {
    const said = await this.page
      .evaluate(() => ({
        at: location.hash,
        focus: document.activeElement?.outerHTML.slice(0, 200),
        search: document.getElementById("search")?.value,
        text: document.body.innerText,
      }))
      .catch(String);
    return [...this.#noise, JSON.stringify(said)];
  }

  forgetNoise() {
    this.#noise = [];
    this.#allowed = [];
  }

  file(name) {
    return join(this.pictures, name);
  }

  get files() {
    return readdirSync(this.pictures).filter((name) => /\.(jpg|png|webp|gif)$/.test(name));
  }

  /** Asks the API, as a program would. */
  async api(method, path, { json, form } = {}) {
    const response = await fetch(`${this.server}/client/v4/accounts/${this.account}/images${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(json && { "content-type": "application/json" }) },
      body: json ? JSON.stringify(json) : form,
    });
    const envelope = await response.json();
    check(envelope.success, `${method} ${path}: ${JSON.stringify(envelope)}`);
    return envelope.result;
  }

  async upload(bytes, name, fields = {}) {
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) form.append(key, value);
    form.append("file", new Blob([bytes]), name);
    return this.api("POST", "/v1", { form });
  }

  async goto(hash) {
    await this.page.goto(`${this.server}/dashboard${hash}`);
    await this.page.locator("h1").first().waitFor();
  }

  /** Files from outside, dragged over `target` and let go there: what a person's hand does. */
  async drop(paths, target, page = this.page) {
    await target.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await target.boundingBox();
    const session = await this.context.newCDPSession(page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
    }
    await session.detach();
  }

  /** Waits until there are `count` pictures in `within`, and all of them are seen. */
  async seen(within, count) {
    await this.page.waitForFunction(
      ([within, count]) => {
        const images = [...document.querySelectorAll(`${within} stored-image img`)];
        return images.length === count && images.every(({ naturalWidth }) => naturalWidth > 0);
      },
      [within, count],
      { timeout: PATIENCE_MS },
    );
  }

  /** Presses Tab until what has the focus matches; that it can be reached so is what is tested. */
  async tabTo(selector, page = this.page) {
    for (let pressed = 0; pressed < 80; pressed += 1) {
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  }

  clipboard() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  async picture(name, page = this.page) {
    if (!this.screenshots) return;
    mkdirSync(this.screenshots, { recursive: true });
    await page.screenshot({ path: join(this.screenshots, `${name}.png`) }).catch(() => {});
  }
}
