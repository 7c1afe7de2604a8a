/**
 * Drives Chromium for tests that are written elsewhere: reads orders from stdin, answers on stdout, a line of JSON each.
 *
 *   {"id": 1, "page": "anna", "do": "open", "args": [{context options}]}       a browser of its own, with one page
 *   {"id": 2, "page": "anna", "do": "goto", "args": ["http://..."]}            any method of Playwright's Page
 *   {"id": 3, "page": "anna", "at": "css", "do": "click", "args": []}          any method of a Locator
 *   {"id": 4, "page": "anna", "do": "keyboard.press", "args": ["Enter"]}       or of a part of the page
 *   {"id": 5, "page": "anna", "do": "complaints", "args": []}                  what the console and scripts complained of
 *
 * Answers: {"id", "value"} or {"id", "error"}. Orders run side by side; who wants them in turn waits for the answers.
 * Ends when stdin does, and ends its browser.
 */
import { createInterface } from "node:readline";
import { chromium as playwright } from "playwright-core";
import { chromium } from "../scripts/chromium.mjs";

const ACTION_TIMEOUT_MS = 10_000;

const { executablePath, args } = await chromium();
const browser = await playwright.launch({ executablePath, args, headless: true });
const pages = new Map();
const complaints = new Map();

async function open(name, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  const page = await context.newPage();
  const said = [];
  page.on("pageerror", (error) => said.push(`script: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") said.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("crash", () => said.push("crash: the page crashed"));
  pages.set(name, page);
  complaints.set(name, said);
}

async function close(name) {
  await pages.get(name).context().close();
  pages.delete(name);
}

async function run({ page: name, at, do: what, args: given = [] }) {
  if (what === "open") return open(name, ...given);
  if (what === "complaints") return complaints.get(name).splice(0);
  if (what === "close") return close(name);
  const page = pages.get(name);
  if (page === undefined) throw new Error(`no page ${name}`);
  const path = what.split(".");
  const method = path.pop();
  const step = (part, key) => (typeof part[key] === "function" ? part[key]() : part[key]);
  const target = path.reduce(step, at === undefined ? page : page.locator(at));
  const value = await target[method](...given);
  return ["string", "number", "boolean"].includes(typeof value) || Array.isArray(value) ? value : null;
}

function answer(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

answer({ id: 0, value: browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  run(order).then(
    (value) => answer({ id: order.id, value: value ?? null }),
    (error) => answer({ id: order.id, error: String(error.message ?? error) }),
  );
}
await browser.close();
