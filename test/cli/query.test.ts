import { expect, test } from "vitest";
import { leftOut, parseQuery, sourceOf } from "../../src/faces/query.ts";

const NOW = new Date(2026, 0, 31, 12);

test("what narrows is taken out of the words; what is no such term stays among them", () => {
  expect(
    parseQuery('a agent:Claude dir:"my project" "b c" tag:x tool:bash role:you http://x foo:bar', NOW),
  ).toEqual({
    text: 'a "b c" http://x foo:bar',
    ...{ agent: "claude", directory: "my project", tag: "x", tool: "bash", role: "user", problems: [] },
  });
  expect(parseQuery("agent: dir: date:", NOW)).toEqual({ text: "", problems: [] });
  expect(parseQuery('dir:"half', NOW)).toMatchObject({ directory: "half" });
});

test("a minus in front is what is not wanted; in quotes, and in front of a flag, it is none", () => {
  expect(
    parseQuery('quota -retry -"not this" -agent:codex -agent:PI -role:you -dir:"a b" -pars*', NOW),
  ).toEqual({
    text: "quota",
    without: ["retry", '"not this"', "pars*"],
    except: { agent: ["codex", "pi"], role: ["user"], directory: ["a b"] },
    problems: [],
  });
  expect(parseQuery('a "b -c d" --flag x-y - -agent:', NOW)).toEqual({
    text: 'a "b -c d" --flag x-y -',
    problems: [],
  });
  expect(parseQuery("a -date:<2d", NOW).problems).toHaveLength(1);
  expect(leftOut(parseQuery("a -agent:claude -b", NOW))).toEqual({
    without: ["b"],
    except: { source: ["claude-code"] },
  });
});

test("times: a duration, a day, a month", () => {
  const times = (text: string): object => {
    const { text: _, problems, ...found } = parseQuery(`date:${text}`, NOW);
    expect(problems).toEqual([]);
    return found;
  };
  const local = (...parts: [number, number, number]): string => new Date(...parts).toISOString();
  const twoDays = new Date(NOW.getTime() - 2 * 86_400_000).toISOString();
  expect(times("<2d")).toEqual({ since: twoDays });
  expect(times("2d")).toEqual({ since: twoDays });
  expect(times(">2d")).toEqual({ until: twoDays });
  expect(times("today")).toEqual({ since: local(2026, 0, 31) });
  expect(times("yesterday")).toEqual({ since: local(2026, 0, 30), until: local(2026, 0, 31) });
  expect(times("2026-01-31")).toEqual({ since: local(2026, 0, 31), until: local(2026, 1, 1) });
  expect(times("2025-12")).toEqual({ since: local(2025, 11, 1), until: local(2026, 0, 1) });
  for (const wrong of ["soon", "2026-13", "<", "99999999999y"])
    expect(parseQuery(`date:${wrong}`, NOW).problems).toHaveLength(1);
});

test("a part of an agent's name is enough; others are taken as they are", () => {
  expect(["claude", "claude-code", "kimi", "astrid", "my-own"].map(sourceOf)).toEqual([
    ...["claude-code", "claude-code", "kimi-cli", "astrid", "my-own"],
  ]);
});
