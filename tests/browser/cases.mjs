// What people do with the dashboard and the widget, in the order they would. Each case leaves things for those behind it.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { PATIENCE_MS, check, same } from "./stage.mjs";

const VIEWS = ["#/images", "#/variants", "#/new-variant", "#/keys", "#/direct", "#/usage"];

const button = (page, name) => page.getByRole("button", { name, exact: true });
const dialog = (page) => page.locator("dialog[open]");

/** What a client without a token gets. */
async function delivered(url) {
  const response = await fetch(url);
  const bytes = (await response.arrayBuffer()).byteLength;
  return { status: response.status, type: response.headers.get("content-type") ?? "", bytes };
}

async function isPicture(url) {
  const { status, type, bytes } = await delivered(url);
  check(status === 200 && type.startsWith("image/") && bytes > 100, `${url}: ${status} ${type} ${bytes}`);
}

/** A page of somebody else, on another port, that has the widget in a form. */
async function elsewhere(stage, attributes) {
  const html = `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">
    <script src="${stage.server}/widget.js"></script>
    <form id="form"><label>Name <input name="who" value="me"></label>
      <tintype-upload name="image" ${attributes}></tintype-upload><button>Send</button></form>
    <script>
      window.told = [];
      for (const name of ["tintype-progress", "tintype-uploaded", "tintype-failed"])
        document.addEventListener(name, ({ type, detail }) => told.push({ type, detail }));
      form.addEventListener("submit", (event) => { event.preventDefault(); window.sent = Object.fromEntries(new FormData(form)); });
    </script>`;
  const server = createServer((request, response) => response.setHeader("content-type", "text/html").end(html));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const host = `127.0.0.1:${server.address().port}`;
  stage.allowHost(host);
  const page = await stage.newPage();
  await page.goto(`http://${host}/`);
  const close = async () => {
    await page.close();
    server.close();
  };
  return { page, close };
}

const oneTimeUrl = async (stage) => (await stage.api("POST", "/v2/direct_upload", { form: new FormData() })).uploadURL;

const told = (page, type) => page.evaluate((type) => window.told.filter((event) => event.type === type), type);

export const cases = {
  async "signing in"(stage) {
    const { page } = stage;
    await stage.goto("");
    await stage.picture("door");
    stage.allow(/401/);
    await page.getByLabel("Account").fill(stage.account.toUpperCase());
    await page.getByLabel("API token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("does not know this token").waitFor();
    await page.getByLabel("API token").fill(stage.token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Images", exact: true }).waitFor();
    same(
      await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]),
      ["", 0, 1],
      "storage",
    );
    await page.reload();
    await page.getByText("No images yet").waitFor();
    await stage.picture("empty");
  },

  async "dropping files"(stage) {
    const { page } = stage;
    await stage.drop(
      ["astronaut.jpg", "coffee.jpg", "logo.png", "NOTICE.md"].map((name) => stage.file(name)),
      page.locator("main"),
    );
    const tray = page.getByRole("complementary", { name: "Uploads" });
    stage.allow(/415/);
    await page.locator(".tile").nth(2).waitFor();
    await tray.getByText("If it is one of these, the file is damaged").waitFor();
    same(
      await tray.locator("li").evaluateAll((rows) => rows.map(({ dataset }) => dataset.state)),
      ["done", "done", "done", "failed"],
      "uploads",
    );
    await button(tray, "Try again").waitFor();
    await stage.seen(".grid", 3);
    await stage.picture("images");
    await button(tray, "Clear").click();
    await tray.waitFor({ state: "hidden" });
    await page.getByText("3 of 10,000,000").waitFor();
  },

  async "uploading with words"(stage) {
    const { page } = stage;
    await button(page, "Upload").click();
    await dialog(page)
      .locator("input[type=file]")
      .setInputFiles([stage.file("chelsea.png")]);
    await dialog(page).getByText("About these images").click();
    await dialog(page).getByLabel("Metadata").fill("{nothing}");
    await dialog(page).getByText("Metadata is not JSON").waitFor();
    check(await button(dialog(page), "Upload").isDisabled(), "wrong metadata can be sent");
    await dialog(page).getByLabel("Metadata").fill('{"album": "pets", "stars": 5}');
    await dialog(page).getByLabel("Creator").fill("ada");
    await dialog(page).getByLabel("Private").check();
    await stage.picture("upload");
    await button(dialog(page), "Upload").click();
    await page.locator(".tile", { hasText: "chelsea.png" }).getByText("private").waitFor();
    await stage.seen(".grid", 4);
    const [image] = (await stage.api("GET", "/v2?meta.album[eq]=pets")).images;
    same([image.creator, image.meta, image.requireSignedURLs], ["ada", { album: "pets", stars: 5 }, true], "image");
  },

  async "uploading by URL"(stage) {
    const { page } = stage;
    stage.allow(/40\d/);
    await button(page, "Upload").click();
    await dialog(page).getByRole("textbox", { name: "URLs" }).fill("ftp://example.com/a.jpg");
    await dialog(page).getByText("is no URL of http").waitFor();
    // No host may be read from here; that is said where the upload is shown.
    await dialog(page).getByRole("textbox", { name: "URLs" }).fill("http://127.0.0.1:9/a.jpg");
    await button(dialog(page), "Upload").click();
    const tray = page.getByRole("complementary", { name: "Uploads" });
    await tray.locator('li[data-state="failed"]').waitFor();
    await button(tray, "Clear").click();
  },

  async searching(stage) {
    const { page } = stage;
    await stage.goto("#/images");
    await page.locator(".tile").nth(3).waitFor();
    const names = () => page.locator(".tile-name").allTextContents();
    await page.keyboard.press("/");
    await page.keyboard.type("COFF");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 1);
    same(await names(), ["coffee.jpg"], "found");
    await page.getByLabel("Search by ID").fill("nothing like this");
    await page.getByText("No image is like that").waitFor();
    await button(page, "Show all").click();
    await page.locator(".tile").nth(3).waitFor();
    await page.getByText("Filters").click();
    await page.getByLabel("Metadata").fill("stars");
    await page.getByLabel("compares").selectOption("gte");
    await page.getByLabel("with", { exact: true }).fill("4");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 1);
    same(await names(), ["chelsea.png"], "found");
    await page.getByLabel("with", { exact: true }).fill("6");
    await page.getByText("No image is like that").waitFor();
    await button(page, "Show all").click();
    await page.getByLabel("Creator").fill("ada");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 1);
    await page.getByLabel("Creator").fill("");
    await page.locator(".tile").nth(3).waitFor();
  },

  async "making a variant"(stage) {
    const { page } = stage;
    await page.getByRole("link", { name: "Variants" }).click();
    await page.getByRole("link", { name: "New variant" }).click();
    await page.getByLabel("Name").fill("square");
    await page.getByRole("radio", { name: /^cover/ }).check();
    await page.getByLabel("Width").fill("120");
    await page.getByLabel("Height").fill("120");
    await button(page, "coffee.jpg").click();
    const shown = () =>
      page
        .locator(".stage img")
        .evaluateAll((all) => all.map(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]));
    await page.locator(".stage-note").getByText("120×120").waitFor();
    same(await shown(), [[120, 120]], "preview");
    await page.getByText("Other options").click();
    await page.getByLabel("Options", { exact: true }).fill('{"gravity": "sideways"}');
    stage.allow(/400/);
    await page
      .locator(".stage-note")
      .getByText(/gravity/i)
      .waitFor();
    await page.getByLabel("Options", { exact: true }).fill('{"rotate": 90}');
    await page.locator(".stage-note").getByText("120×120").waitFor();
    await stage.picture("editor");
    await button(page, "Create").click();
    await page.getByRole("link", { name: "square" }).waitFor();
    await page.getByRole("link", { name: "New variant" }).click();
    await page.getByLabel("Name").fill("teaser");
    await page.getByLabel("Width").fill("300");
    await page.getByLabel("Blur").fill("60");
    await page.getByLabel("Always public").check();
    await button(page, "Create").click();
    await page.getByRole("row", { name: "teaser" }).getByText("always public").waitFor();
    await stage.picture("variants");
    const { variants } = await stage.api("GET", "/v1/variants");
    same(variants.square.options, { fit: "cover", width: 120, height: 120, metadata: "none", rotate: 90 }, "variant");
    same([variants.teaser.neverRequireSignedURLs, variants.teaser.options.blur], [true, 60], "teaser");
  },

  async "copying URLs"(stage) {
    const { page } = stage;
    await stage.goto("#/images");
    await page.locator(".tile", { hasText: "coffee.jpg" }).locator("a").click();
    await page.getByRole("heading", { name: "coffee.jpg" }).waitFor();
    await stage.seen(".variant-rows", 3);
    await page.locator(".facts").getByText("600×400").waitFor();
    await button(page, "Copy the URL of square").click();
    const url = await stage.clipboard();
    check(url.startsWith(stage.server) && url.endsWith("/square"), url);
    await isPicture(url);
    await button(page, "Copy HTML for square").click();
    same(await stage.clipboard(), `<img src="${url}" width="120" height="120" alt="" loading="lazy">`, "HTML");
    await button(page, "Show square").click();
    await page.locator(".stage-note").getByText("square: 120×120").waitFor();
    await stage.picture("detail");
  },

  async "changing what is said"(stage) {
    const { page } = stage;
    const save = page.locator("form", { hasText: "About it" });
    await save.getByLabel("Metadata").fill("[1]");
    await button(save, "Save").click();
    await save.getByText("Metadata is a JSON object").waitFor();
    await save.getByLabel("Metadata").fill('{"album": "drinks"}');
    await save.getByLabel("Creator").fill("grace");
    await button(save, "Save").click();
    await save.getByText("Saved").waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "coffee.jpg" }).waitFor();
    same(await page.getByLabel("Creator").inputValue(), "grace", "creator");
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
    same(download.suggestedFilename(), "coffee.jpg", "file");
    check(readFileSync(await download.path()).equals(readFileSync(stage.file("coffee.jpg"))), "other bytes");
  },

  async "private images"(stage) {
    const { page } = stage;
    const before = page.url();
    // Not the dialog, which has the word in its name and is still there while it closes.
    const isPrivate = page.getByRole("switch", { name: "Private" });
    await isPrivate.check();
    await button(dialog(page), "Cancel").click();
    // Without a yes it is as it was.
    await isPrivate.and(page.locator(":not(:checked)")).waitFor();
    await isPrivate.check();
    await button(dialog(page), "Make private").click();
    await page.getByRole("heading", { name: "Signed URL" }).waitFor();
    check(page.url() !== before, "the ID is the same");
    await button(page, "Copy the URL of public").click();
    same((await delivered(await stage.clipboard())).status, 403, "without a signature");
    await button(page, "Copy the URL of teaser").click();
    await isPicture(await stage.clipboard());
    for (const by of ["server", "page"]) {
      for (const span of ["3600", ""]) {
        await page.getByLabel("Signed by").selectOption(by);
        await page.getByLabel("Good for").selectOption(span);
        await button(page, "Make the URL").click();
        await page.getByText(span ? "Good until" : "Good for ever").waitFor();
        const url = await page.locator(".result code").textContent();
        same(new URL(url).searchParams.has("exp"), span !== "", "exp");
        await isPicture(url);
      }
    }
    await page.getByLabel("Good for").selectOption("at");
    await page.getByLabel("Until").fill("2020-01-01T00:00");
    await button(page, "Make the URL").click();
    await page.getByText("yet to come").waitFor();
    await stage.picture("private");
  },

  async "keys alone"(stage) {
    const { page } = stage;
    await stage.upload(readFileSync(stage.file("horse.png")), "to-be-deleted.png");
    await stage.goto("#/images");
    await page.reload();
    await page.locator(".tile", { hasText: "to-be-deleted" }).waitFor();
    // Upload.
    await stage.tabTo("main .button.primary");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    await stage.tabTo("dialog textarea");
    // A busy browser tells the page late that the dialog is closed. Whoever types elsewhere by then is not called back.
    await page.evaluate(() => {
      const late = (event) => {
        event.stopImmediatePropagation();
        addEventListener("input", () => event.target.dispatchEvent(new Event("close")), { once: true });
      };
      addEventListener("close", late, { capture: true, once: true });
    });
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    check(await page.evaluate(() => document.activeElement.matches("main .button.primary")), "the focus is lost");
    // Search, and through the grid.
    await page.keyboard.press("/");
    await page.keyboard.type(".jpg");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 2);
    await stage.tabTo(".tile a");
    const first = await page.evaluate(() => document.activeElement.href);
    await page.keyboard.press("ArrowRight");
    check((await page.evaluate(() => document.activeElement.href)) !== first, "arrows go nowhere");
    await page.keyboard.press("Home");
    same(await page.evaluate(() => document.activeElement.href), first, "home");
    await page.keyboard.press("/");
    await page.keyboard.type("deleted");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 1);
    await stage.tabTo(".tile a");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "to-be-deleted.png" }).waitFor();
    await page.waitForFunction(() => document.activeElement.matches("h1"));
    // Copy, and delete.
    await stage.tabTo("[aria-label='Copy the URL of public']");
    await page.keyboard.press("Enter");
    await page.getByText("Copied", { exact: true }).first().waitFor();
    const url = await stage.clipboard();
    await isPicture(url);
    await stage.tabTo(".ending .button");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    same(await page.evaluate(() => document.activeElement.textContent), "Cancel", "the first choice");
    await page.keyboard.press("Tab");
    await stage.picture("delete");
    await page.keyboard.press("Enter");
    await page
      .getByText("No image is like that")
      .or(page.locator(".grid:empty"))
      .first()
      .waitFor({ state: "attached" });
    same((await delivered(url)).status, 404, "after it was deleted");
    // A variant.
    await stage.goto("#/new-variant");
    await stage.tabTo("form input.text");
    await page.keyboard.type("tiny");
    await stage.tabTo("input[type=number]");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("40");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: "tiny" }).waitFor();
  },

  async "many images"(stage) {
    const { page } = stage;
    const bytes = readFileSync(stage.file("logo.png"));
    for (let number = 0; number < 60; number += 1) await stage.upload(bytes, `many-${number}.png`);
    await stage.goto("#/images");
    await page.reload();
    await page.locator(".tile").nth(47).waitFor();
    await page.mouse.wheel(0, 20_000);
    await page.locator(".tile").nth(63).waitFor();
    same(await page.locator(".tile").count(), 64, "tiles");
    check(await button(page, "Load more").isHidden(), "there is more");
    // Back where one was.
    await page.locator(".tile").nth(60).locator("a").click();
    await page.locator(".detail").waitFor();
    const detail = await page.evaluate(() => scrollY);
    await page.goBack();
    await page.locator(".tile").nth(63).waitFor();
    await page.waitForFunction(() => scrollY > 300);
    check(detail < 300, "a new view begins where the last one was left");
  },

  async "searching among many"(stage) {
    stage.allowHost(new URL(stage.many).host);
    // Most of what is there are rows without files.
    stage.allow(/502/);
    const form = new FormData();
    form.append("file", new Blob([readFileSync(stage.file("logo.png"))]), "needle.png");
    const headers = { authorization: `Bearer ${stage.token}` };
    const api = `${stage.many}/client/v4/accounts/${stage.account}/images`;
    await fetch(`${api}/v1`, { method: "POST", headers, body: form });
    // Oldest first, an answer has nothing and says where to go on.
    const { result } = await (await fetch(`${api}/v2?search=needle&sort_order=asc`, { headers })).json();
    check(result.images.length === 0 && result.continuation_token, "the first answer has it already");
    const page = await stage.newPage();
    await page.goto(`${stage.many}/dashboard`);
    await page.getByLabel("Account").fill(stage.account);
    await page.getByLabel("API token").fill(stage.token);
    await page.keyboard.press("Enter");
    await page.locator(".tile").nth(47).waitFor();
    await page.evaluate(() => {
      window.said = [];
      const region = document.getElementById("announce");
      new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
    });
    await page.getByLabel("Order").selectOption("asc");
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 1);
    await page.waitForFunction(() => window.said.includes("1 image found"));
    check(await page.evaluate(() => window.said.includes("Searching…")), "it is not said that it searches");
    same(await page.locator(".state").textContent(), "", "state");
    check(await button(page, "Load more").isHidden(), "there is more");
    await page.getByLabel("Search by ID").fill("nothing like this");
    await page.getByText("No image is like that").waitFor();
    await page.close();
  },

  async "settings and keys"(stage) {
    const { page } = stage;
    await stage.goto("#/variants");
    await page.getByLabel("Flexible variants").check();
    await page.getByText("Flexible variants are on").waitFor();
    const [image] = (await stage.api("GET", "/v2?search=logo")).images;
    await isPicture(image.variants[0].replace(/[^/]*$/, "w=50,format=png"));
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByLabel("Name").fill("second");
    await button(page, "New key").click();
    const row = page.getByRole("row", { name: "second" });
    await row.locator("code").waitFor();
    const { keys } = await stage.api("GET", "/v1/keys");
    same(await row.locator("code").textContent(), keys.find(({ name }) => name === "second").value, "key");
    await stage.picture("keys");
    check(
      !(await page.getByRole("row", { name: "default" }).textContent()).includes(keys[0].value),
      "a key is shown that was not asked for",
    );
    await page.getByLabel("Name").fill("second");
    await button(page, "New key").click();
    await page.getByText("There is a key “second” already").waitFor();
    await button(page, "Delete second").click();
    await button(dialog(page), "Delete").click();
    await row.waitFor({ state: "detached" });
  },

  async "direct uploads"(stage) {
    const { page } = stage;
    await page.getByRole("link", { name: "Direct uploads" }).click();
    await page.getByLabel("Creator").fill("somebody");
    await button(page, "Make a URL").click();
    await button(page, "Copy HTML").click();
    const tags = await stage.clipboard();
    check(tags.includes(`${stage.server}/widget.js`) && tags.includes("<tintype-upload url="), tags);
    await page.locator("tintype-upload input").setInputFiles(stage.file("rocket.jpg"));
    await page.getByText("Uploaded: ").getByRole("link").click();
    await page.getByRole("heading", { name: "rocket.jpg" }).waitFor();
    same(await page.getByLabel("Creator").inputValue(), "somebody", "creator");
  },

  async "the widget elsewhere"(stage) {
    const url = await oneTimeUrl(stage);
    const { page, close } = await elsewhere(stage, `url="${url}" required`);
    const widget = page.locator("tintype-upload");
    await stage.picture("widget", page);
    await page.getByRole("button", { name: "Send" }).click();
    same(await page.evaluate(() => window.sent), undefined, "sent without an image");
    // By keys: what is wanted has the focus.
    await page.waitForFunction(() => document.activeElement.matches("tintype-upload"));
    await stage.drop([stage.file("coffee.jpg")], widget, page);
    await page.waitForFunction(() => window.told.some(({ type }) => type === "tintype-uploaded"), null, {
      timeout: PATIENCE_MS,
    });
    const [{ detail }] = await told(page, "tintype-uploaded");
    const preview = await widget.locator("img").evaluate(({ naturalWidth, alt }) => [naturalWidth > 0, alt]);
    same(preview, [true, ""], "preview");
    check((await told(page, "tintype-progress")).length > 0, "no progress is told");
    await page.getByRole("button", { name: "Send" }).click();
    same(await page.evaluate(() => window.sent), { who: "me", image: detail.id }, "form");
    await stage.picture("widget-done", page);
    const image = await stage.api("GET", `/v1/${encodeURIComponent(detail.id)}`);
    same([image.filename, image.draft], ["coffee.jpg", undefined], "image");
    await close();
  },

  async "what goes wrong in the widget"(stage) {
    stage.allow(/409|415/);
    const url = await oneTimeUrl(stage);
    const { page, close } = await elsewhere(stage, `url="${url}" max-bytes="60000"`);
    const widget = page.locator("tintype-upload");
    const input = widget.locator("input");
    await input.setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await widget.getByText("This is no image").waitFor();
    await stage.picture("widget-failed", page);
    const again = async (file) => {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button(widget, "Choose another").click()]);
      await chooser.setFiles(file);
    };
    await again(stage.file("astronaut.jpg"));
    await widget.getByText("larger than 60 kB").waitFor();
    await again({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("no png") });
    await widget.getByText("not taken, or the file is damaged").waitFor();
    const codes = (await told(page, "tintype-failed")).map(({ detail }) => detail.code);
    same(codes, [5455, 5413, 5455], "codes");
    await again(stage.file("logo.png"));
    await widget.getByText("Uploaded").waitFor();
    // The same URL once more: good for one.
    await page.evaluate(() => document.getElementById("form").reset());
    same(await page.evaluate(() => new FormData(document.getElementById("form")).get("image")), null, "after a reset");
    await input.setInputFiles(stage.file("logo.png"));
    await widget.getByText("used already").waitFor();
    await close();
  },

  async usage(stage) {
    const { page } = stage;
    await stage.goto("#/usage");
    await page.getByRole("row", { name: "square" }).waitFor();
    await page.getByRole("row", { name: "options (flexible)" }).waitFor();
    const { usage } = await stage.api("GET", "/v1/usage");
    const count = (variant) => usage.find((row) => row.variant === variant)?.images;
    same([count("square"), count("teaser"), count(null)], [1, 1, 1], "delivered images");
    check(
      usage.every(({ bytes, images }) => bytes > images),
      "no bytes are counted",
    );
    const sum = usage.reduce((sum, { images }) => sum + images, 0);
    await page.locator(".figures").getByText(`${sum}images`).waitFor();
    await page.getByText("Figures of all days").click();
    await page.getByLabel("Figure", { exact: true }).selectOption("bytes");
    await page.getByLabel("Time").selectOption("365");
    await page.locator(".chart-bar").nth(364).waitFor({ state: "attached" });
    await stage.picture("usage");
  },

  async "names for screen readers"(stage) {
    const { page } = stage;
    const [image] = (await stage.api("GET", "/v2?search=chelsea")).images;
    const roles = [
      "button",
      "link",
      "textbox",
      "combobox",
      "checkbox",
      "switch",
      "slider",
      "radio",
      "spinbutton",
      "searchbox",
    ];
    for (const view of [...VIEWS, `#/images/${image.id}`]) {
      await stage.goto(view);
      await page.locator(".waiting").waitFor({ state: "detached" });
      const session = await stage.context.newCDPSession(page);
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      await session.detach();
      const nameless = nodes.filter(
        (node) => !node.ignored && roles.includes(node.role?.value) && !node.name?.value?.trim(),
      );
      same(
        nameless.map(({ role }) => role.value),
        [],
        `nameless in ${view}`,
      );
      same(await page.locator("h1").count(), 1, `headings of ${view}`);
    }
  },

  async "small screens"(stage) {
    const { page } = stage;
    const [image] = (await stage.api("GET", "/v2?search=chelsea")).images;
    await page.setViewportSize({ width: 390, height: 844 });
    for (const view of [...VIEWS, `#/images/${image.id}`]) {
      await stage.goto(view);
      await page.locator(".waiting").waitFor({ state: "detached" });
      const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
      check(width <= 390, `${view} is ${width} wide`);
      await stage.picture(`narrow-${VIEWS.indexOf(view)}`);
    }
    await page.setViewportSize({ width: 1280, height: 860 });
  },

  async "signing out"(stage) {
    const { page } = stage;
    await stage.goto("#/images");
    await button(page, "Sign out").click();
    await page.getByLabel("API token").waitFor();
    same(await page.evaluate(() => sessionStorage.length), 0, "storage");
    await page.goBack();
    await page.getByLabel("API token").waitFor();
    same(await page.locator(".tile").count(), 0, "images that are still seen");
  },
};
