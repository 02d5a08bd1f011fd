import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import type { SessionStore } from "../../../src/index.ts";
import { serveViewer, type ServedViewer } from "../../../src/viewer.ts";
import { findChromium } from "./chromium.ts";

const ROOT = join(import.meta.dirname, "../../..");
const executablePath = findChromium();
if (executablePath === undefined)
  console.warn("SKIPPED: the viewer in a browser. There is no chromium on the PATH.");

/** What happened in a page that must not. */
export interface Trouble {
  /** What the content policy refused, what scripts failed at, and dialogs. */
  readonly told: string[];
  /** Requests to anywhere but the viewer. */
  readonly elsewhere: string[];
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly viewer: Served;
  readonly trouble: Trouble;
  /** Shows an address of the page, with the token. */
  goTo(parts: Readonly<Record<string, string>>): Promise<void>;
}

type Served = Pick<ServedViewer, "url" | "close">;
type Open = (store: SessionStore, options?: BrowserContextOptions) => Promise<OpenPage>;
/** Opens what a server of one's own hands out. */
type OpenServed = (
  serve: (pageFolder: string) => Promise<Served>,
  options?: BrowserContextOptions,
) => Promise<OpenPage>;

/** Tests in a real browser, with the page as it is built now; they are skipped, and counted so, where there is none. */
export function describeInBrowser(name: string, tests: (open: Open, openServed: OpenServed) => void): void {
  describe.skipIf(executablePath === undefined)(`${name}, in Chromium`, () => {
    let browser: Browser;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "astrid-viewer-page-"));
      const script = join(ROOT, "scripts/bundle-page.mjs");
      const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      browser = await chromium.launch({ executablePath: executablePath ?? "" });
    });
    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    });
    tests(
      async (store, options) =>
        await openPage(browser, await serveViewer(store, { pageFolder: folder }), options),
      async (serve, options) => await openPage(browser, await serve(folder), options),
    );
  });
}

async function openPage(
  browser: Browser,
  viewer: Served,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...options });
  // For tests that hang; how fast the others are is the machine's business.
  context.setDefaultTimeout(240_000);
  const page = await context.newPage();
  const trouble = watched(page, new URL(viewer.url).origin);
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`refused by the content policy: ${event.violatedDirective} ${event.sample}`);
    });
  });
  return {
    ...{ page, viewer, trouble },
    goTo: async (parts) => {
      const url = new URL(viewer.url);
      for (const [name, value] of Object.entries(parts)) url.searchParams.set(name, value);
      await page.goto(url.href);
    },
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await viewer.close();
    },
  };
}

declare global {
  interface Window {
    /** Set by hostile content that was run. */
    hacked?: unknown;
  }
}

function watched(page: Page, origin: string): Trouble {
  const trouble: Trouble = { told: [], elsewhere: [] };
  page.on("console", (message) => {
    // That the server answers with an error is told there too; pages are told of it otherwise.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      trouble.told.push(message.text());
  });
  page.on("pageerror", (error) => trouble.told.push(error.message));
  page.on("dialog", (dialog) => {
    trouble.told.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:"))
      trouble.elsewhere.push(request.url());
  });
  return trouble;
}
