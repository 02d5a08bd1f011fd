import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSessions } from "../../../../bench/workload/many-sessions.ts";
import { Message, SessionStore } from "../../../../src/index.ts";
import { temporaryDirectory } from "../../../index/temporary-directory.ts";
import { findChromium } from "../chromium.ts";
import { makeJournal } from "../../../big/journal-maker.ts";
import { median, timed, type Step } from "./in-page.ts";
import { served, type Served } from "./served.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const PROGRAM = join(ROOT, "bin/astrid-sessions.js");
const BARE = join(import.meta.dirname, "bare-page.mjs");
const SESSIONS = Number(process.env["ASTRID_BIG_SESSIONS"] ?? 20_000);
const ROUNDS = 5;
const executablePath = findChromium();

/**
 * What is shown, by how much it may be slower than the least that a page can do, and whether it is as fast as it is meant
 * to be, in milliseconds.
 */
function report(what: string, milliseconds: number, bare: number, most: number, goal: number): void {
  const ratio = milliseconds / bare;
  const verdict = milliseconds <= goal ? "met" : "missed";
  console.log(
    `${what}: ${milliseconds.toFixed(0)} ms (goal ${goal}: ${verdict}), ${ratio.toFixed(1)} of a bare page's (at most ${most})`,
  );
  expect.soft(ratio, what).toBeLessThan(most);
}

describe.skipIf(executablePath === undefined)("the viewer beside a bare page, in Chromium", () => {
  let browser: Browser;
  let bare: Served;
  beforeAll(async () => {
    const { status, stderr } = spawnSync("npm", ["run", "build"], { cwd: ROOT, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    browser = await chromium.launch({ executablePath: executablePath ?? "" });
    bare = await served(BARE);
  }, 600_000);
  afterAll(async () => {
    await browser.close();
    await bare[Symbol.asyncDispose]();
  });

  async function pageAt(url: string, wait: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1300, height: 800 } });
    await page.goto(url);
    await page.locator(wait).first().waitFor();
    return page;
  }

  /** A click, a question to the server, its answer on the screen. */
  async function bareAnswer(): Promise<number> {
    const page = await pageAt(bare.url, "p:not(:empty)");
    const times: number[] = [];
    for (let round = 0; round < ROUNDS * 2; round++) {
      await page.evaluate(() => document.querySelector("p")?.replaceChildren());
      times.push(await timed(page, { click: "button", until: ["p", "answer"] }));
    }
    await page.close();
    return median(times);
  }

  /** Its first rows or its one line, in a browser that has seen none of it. */
  async function coldPage(url: string, wait: string): Promise<number> {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const begun = performance.now();
      await page.goto(url, { waitUntil: "commit" });
      await page.locator(wait).first().waitFor();
      times.push(performance.now() - begun);
      await context.close();
    }
    return median(times);
  }

  test(`a list of ${SESSIONS} sessions`, { timeout: 1_800_000 }, async () => {
    using directory = temporaryDirectory();
    await makeSessions(directory.path, 0, SESSIONS);
    {
      // Both indexes are made once, by whoever comes first.
      await using store = new SessionStore(directory.path);
      await store.search("nothing like it");
    }
    const starts: number[] = [];
    const bareStarts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await using one = await served(PROGRAM, "--store", directory.path, "view");
      await using other = await served(BARE);
      starts.push(one.start);
      bareStarts.push(other.start);
    }
    report("the first page of a new server", median(starts), median(bareStarts), 4, median(bareStarts) + 150);

    await using viewer = await served(PROGRAM, "--store", directory.path, "view");
    const coldBare = await coldPage(bare.url, "p:not(:empty)");
    report("rows in a cold browser", await coldPage(viewer.url, ".session"), coldBare, 15, 500);
    const page = await pageAt(viewer.url, ".session");
    const answer = await bareAnswer();
    const keys: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const number = 1234 + 1000 * round;
      const fill = [".search", `number ${number}`] as const;
      keys.push(await timed(page, { fill, until: [".session-title", `Session number ${number}`] }));
    }
    report("the first result after a key", median(keys), answer, 150, 100);
    await timed(page, { fill: [".search", ""], until: [".session-title", `number ${SESSIONS - 1}`] });
    // What was begun comes to its end, and then nothing is done.
    const used = async (): Promise<number> => {
      const before = viewer.processor();
      await setTimeout(1000);
      return viewer.processor() - before;
    };
    await expect.poll(used, { timeout: 60_000 }).toBeLessThan(50);
    console.log(`the server had ${viewer.memory().toFixed(0)} MB at most`);
    // Further pages are asked for on the way.
    let rows = 0;
    while (rows < Math.min(SESSIONS, 3000)) {
      await page.evaluate(() => document.querySelector(".main .scroller")?.scrollBy(0, 1e7));
      await expect.poll(() => rowsIn(page), { timeout: 60_000 }).toBeGreaterThan(rows);
      rows = await rowsIn(page);
    }
    await page.close();
  });

  test.each([
    ["10,000 messages", 10_000 * 130, "short"],
    ["300 MB", 300e6, "long"],
  ] as const)("a session of %s", { timeout: 900_000 }, async (what, bytes, turns) => {
    using directory = temporaryDirectory();
    const { id, messages } = makeJournal(directory.path, bytes, turns);
    await using store = new SessionStore(directory.path);
    await store.checkpoint(id);
    await using viewer = await served(PROGRAM, "--store", directory.path, "view");
    const answer = await bareAnswer();
    const page = await pageAt(viewer.url, ".session");
    const last = messages / 2 - 1;
    const until = (position: number): Step["until"] => [`.message[data-position='${position}']`, ""];
    const shown: Record<string, number[]> = { end: [], start: [], middle: [], find: [] };
    for (let round = 0; round < ROUNDS; round++) {
      shown["end"]?.push(await timed(page, { click: ".session-title", until: until(messages - 1) }));
      shown["start"]?.push(await timed(page, { press: "g", until: until(0) }));
      const scroll = [".main .scroller", 0.2 + round / 10] as const;
      shown["middle"]?.push(await timed(page, { scroll, until: [".message[data-position]", "question"] }));
      const fill = [".find input", `question ${last - round}`] as const;
      shown["find"]?.push(await timed(page, { fill, until: [".find-count", "of 1"] }));
      await timed(page, { press: "Escape", until: [".session-title", "huge"] });
    }
    console.log(`${what}: ${messages} messages`);
    for (const [place, times] of Object.entries(shown))
      report(place, median(times), answer, MOST[place] ?? 0, place === "end" ? 200 : 100);

    await timed(page, { click: ".session-title", until: until(messages - 1) });
    const ways: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const text = `appended ${round}`;
      await store.append(id, [Message.assistant(text)]);
      const stored = performance.timeOrigin + performance.now();
      await page.locator(".message", { hasText: text }).waitFor();
      ways.push(performance.timeOrigin + performance.now() - stored);
    }
    report("an appended message's way to the screen", median(ways), answer, 40, 200);
    console.log(`the server had ${viewer.memory().toFixed(0)} MB at most`);
    await page.close();
  });
});

const MOST: Readonly<Record<string, number>> = { end: 25, start: 15, middle: 15, find: 60 };

async function rowsIn(page: Page): Promise<number> {
  return await page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll<HTMLElement>(".main .row")].map((row) => Number(row.dataset["index"])),
    ),
  );
}
