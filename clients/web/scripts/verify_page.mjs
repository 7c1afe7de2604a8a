/**
 * Opens the built page /verify in Chromium, takes the network away, lets it judge the records of a file, and prints its counts.
 *   node scripts/verify_page.mjs rounds.json [picture.png [query]]
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium as playwright } from "playwright-core";
import { chromium } from "./chromium.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".woff2": "font/woff2", ".svg": "image/svg+xml" };
const [records, picture, query = ""] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  try {
    const file = extname(path) === "" ? "index.html" : path;
    const content = await readFile(join(DIST, file));
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const { executablePath, args } = await chromium();
const browser = await playwright.launch({ executablePath, args, headless: true });
try {
  const context = await browser.newContext({ viewport: { width: 1184, height: 900 } });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/verify${query}`);
  await page.waitForSelector('[data-testid="verify-page"]');
  await page.evaluate(() => document.fonts.ready);
  await context.setOffline(true);
  await page.setInputFiles('[data-testid="verify-file"]', records);
  const results = page.locator('[data-testid="verify-results"]:not([data-good="0"][data-bad="0"])');
  await results.waitFor({ timeout: 300_000 });
  console.log(JSON.stringify({ good: await results.getAttribute("data-good"), bad: await results.getAttribute("data-bad") }));
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
} finally {
  await browser.close();
  server.close();
}
