/* global document, URLSearchParams */
// Takes pictures of the viewer in a headless browser: of the demonstration's conversations, for docs/pictures, or of
// transcripts that are named, to look at. Usage: node scripts/viewer-pictures.mjs [--to <folder>] [transcript…]
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { importFile } from "../src/import.ts";
import { SessionStore } from "../src/index.ts";
import { serveViewer } from "../src/viewer.ts";
import { findChromium } from "../test/viewer/browser/chromium.ts";
import { root } from "./run.mjs";
import { demoSessions } from "./viewer-demo.mjs";

const args = process.argv.slice(2);
const toIndex = args.indexOf("--to");
const to = resolve(toIndex < 0 ? join(root, "docs/pictures") : args.splice(toIndex, 2)[1]);
mkdirSync(to, { recursive: true });

const place = mkdtempSync(join(tmpdir(), "astrid-viewer-pictures-"));
const store = new SessionStore(place);
if (args.length === 0) await demoSessions(store);
else await importAll(args);
const { sessions } = await store.list({ includeSubagents: false });
const longest = sessions.toSorted((a, b) => b.messageCount - a.messageCount)[0];
const executablePath = findChromium();
if (executablePath === undefined) throw new Error("There is no chromium on the PATH.");
const viewer = await serveViewer(store);
const browser = await chromium.launch({ executablePath });

const WIDE = { width: 1360, height: 850 };
const NARROW = { width: 390, height: 844 };
const VIEWS = [
  { name: "list", query: "" },
  { name: "list-dark", query: "", dark: true },
  { name: "list-narrow", query: "", size: NARROW },
  { name: "list-2560", query: "", size: { width: 2560, height: 1300 } },
  { name: "search", query: `?q=${args.length === 0 ? "queue" : "error"}`, until: ".hit" },
  { name: "transcript", query: `?session=${longest.id}`, until: ".message-head" },
  {
    name: "transcript-start",
    query: `?session=${longest.id}&at=0`,
    until: "[data-position='0']",
    open: true,
  },
  { name: "transcript-dark", query: `?session=${longest.id}&at=2`, until: "[data-position='2']", dark: true },
  {
    name: "transcript-narrow",
    query: `?session=${longest.id}&at=0`,
    until: "[data-position='0']",
    size: NARROW,
  },
  { name: "focused", query: `?session=${longest.id}&at=0&focused=1`, until: "[data-position='0']" },
  { name: "find", query: `?session=${longest.id}&find=the`, until: ".find-count:not(:empty)" },
  { name: "history", query: `?session=${longest.id}`, until: ".message-head", history: true },
  {
    name: "compare",
    query: `?session=${longest.id}&compare=${Math.min(longest.revision, 2)}`,
    until: ".compare-head",
  },
  { name: "overview", query: "?view=overview", until: ".timeline" },
  { name: "overview-dark", query: "?view=overview", until: ".timeline", dark: true },
  { name: "overview-narrow", query: "?view=overview", until: ".timeline", size: NARROW },
  { name: "select", query: "", select: true },
  { name: "palette", query: `?session=${longest.id}`, until: ".message-head", palette: true },
  { name: "empty", query: "?q=zzzzzz", until: ".state.empty" },
  { name: "error", query: "?session=1a2b3c4d-0000-4000-8000-000000000000", until: ".state.error" },
];

try {
  for (const view of VIEWS) {
    const {
      name,
      query,
      size = WIDE,
      dark = false,
      until = ".session",
      open,
      history,
      select,
      palette,
    } = view;
    const page = await browser.newPage({ viewport: size, colorScheme: dark ? "dark" : "light" });
    const url = new URL(viewer.url);
    for (const [key, value] of new URLSearchParams(query)) url.searchParams.set(key, value);
    await page.goto(url.href);
    await page.locator(until).first().waitFor();
    if (open)
      for (const fold of (await page.locator(".call .fold-head").all()).slice(0, 2)) await fold.click();
    if (history) {
      await page.getByRole("button", { name: "History" }).click();
      await page.locator(".history li").first().waitFor();
    }
    if (select) for (const box of (await page.locator(".choose").all()).slice(0, 3)) await box.click();
    if (palette) {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
    }
    await page.locator(".message.waiting").first().waitFor({ state: "detached" });
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(to, `viewer-${name}.png`) });
    console.log(join(to, `viewer-${name}.png`));
    await page.close();
  }
} finally {
  await browser.close();
  await viewer.close();
  await store.close();
  rmSync(place, { recursive: true, force: true });
}

async function importAll(paths) {
  for (const path of paths) await importFile(store, path).catch((error) => console.error(error.message));
}
