import { expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";

const child = (program: string): Child => new Child(["-e", program]);

test("a child that has ended before anyone waits for it tells all the same", async () => {
  const ended = child('console.log("one"); console.log("two")');
  await ended.ended;
  expect(await ended.ended).toEqual({ code: 0, signal: null });
  expect(await ended.line(/two/)).toBe("two");
  expect(await ended.output()).toBe("one\ntwo");
  await ended.printed(2);
  expect(await ended.kill()).toEqual({ code: 0, signal: null });
  ended.process.stdin.write("nobody reads this");
});

test("whoever waits for what a child never prints is told that it has ended, and why", async () => {
  const failing = child('console.log("one"); throw new Error("because")');
  await expect(failing.printed(2)).rejects.toThrow(/ended with 1 after 1 of 2 lines: [^]*because/);
  await expect(failing.line(/two/)).rejects.toThrow("because");
  await expect(failing.output()).rejects.toThrow("because");
  const missing = new Child([], { command: "/no/such/command" });
  await expect(missing.printed(1)).rejects.toThrow("ENOENT");
});

test("a child that is killed has ended when that is told", async () => {
  const waiting = child('console.log("here"); process.stdin.resume()');
  await waiting.line(/here/);
  expect(await waiting.kill()).toEqual({ code: null, signal: "SIGKILL" });
  expect(waiting.lines).toEqual(["here"]);
});
