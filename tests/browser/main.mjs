// Drives Chromium through the dashboard and the widget: see tests/dashboard.rs, which starts this and reads what it writes. Cases
// are run in their order, in one browser, on one server; those behind need what those before have uploaded.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

import { cases } from "./cases.mjs";
import { Stage } from "./stage.mjs";

const about = JSON.parse(process.argv[2]);
const { chromium } = createRequire(about.packages)("playwright-core");

/** Where the program is: playwright looks for no names. */
const executablePath = process.env.PATH.split(delimiter)
  .map((folder) => join(folder, about.chromium))
  .find(existsSync);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const report = [];
try {
  const stage = await Stage.open(browser, about);
  for (const [name, run] of Object.entries(cases)) {
    if (!name.includes(about.only) && name !== "signing in") continue;
    let error = null;
    try {
      await run(stage);
      stage.checkSilence();
    } catch (failure) {
      error = [String(failure.stack ?? failure), ...(await stage.found())].join("\n");
      await stage.picture(`failed-${report.length}`);
      // What it left open is in nobody's way.
      await stage.page.reload();
    }
    stage.forgetNoise();
    report.push({ name, error });
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(report));
process.exit(0);
