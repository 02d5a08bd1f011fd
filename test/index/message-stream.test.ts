import fc from "fast-check";
import { expect, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import type { MessageRange, StoredCommit } from "../../src/engine/contract.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

type Step =
  | { readonly kind: "append"; readonly count: number; readonly size: number }
  | { readonly kind: "splice"; readonly start: number; readonly remove: number; readonly count: number }
  | { readonly kind: "title" }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "reopen" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        count: fc.nat(4),
        size: fc.constantFrom(1, 50, 70_000),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("splice" as const),
        start: fc.nat(20),
        remove: fc.nat(6),
        count: fc.nat(3),
      }),
    },
    fc.constant({ kind: "title" as const }),
    fc.constant({ kind: "checkpoint" as const }),
    fc.constant({ kind: "reopen" as const }),
  ),
  { maxLength: 25 },
);

const range: fc.Arbitrary<MessageRange> = fc.record(
  { from: fc.nat(25), to: fc.nat(25), limit: fc.nat(8), reverse: fc.boolean() },
  { requiredKeys: [] },
);

test("messages of any range equal those of the session in memory, whatever was done to it", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(range, { minLength: 3, maxLength: 6 }), async (plan, ranges) => {
      using directory = temporaryDirectory();
      let engine = new FileEngine(directory.path);
      const id = newSessionId();
      let expected: string[] = [];
      let next = 0;
      let { revision } = await engine.commit(id, { base: 0, set: { title: "t" } });
      const made = (count: number, size: number): Message[] =>
        Array.from({ length: count }, () => Message.user(`${next++} ${"x".repeat(size)}`));
      for (const step of plan) {
        if (step.kind === "append" || step.kind === "splice") {
          const messages = made(step.count, step.kind === "append" ? step.size : 1);
          const start = step.kind === "append" ? expected.length : Math.min(step.start, expected.length);
          const remove = step.kind === "append" ? 0 : Math.min(step.remove, expected.length - start);
          ({ revision } = await engine.commit(id, { base: revision, splice: [start, remove, messages] }));
          expected = expected.toSpliced(start, remove, ...messages.map(({ content }) => content as string));
        } else if (step.kind === "title") {
          ({ revision } = await engine.commit(id, { base: revision, set: { title: `t${next++}` } }));
        } else if (step.kind === "checkpoint") {
          await engine.checkpoint(id);
        } else {
          await engine.close();
          engine = new FileEngine(directory.path);
        }
      }
      for (const query of ranges) {
        const { from = 0, to = Infinity, limit = Infinity, reverse = false } = query;
        const within = expected
          .map((content, position) => ({ position, content }))
          .slice(from, Math.max(to, from));
        const wanted = reverse ? within.reverse().slice(0, limit) : within.slice(0, limit);
        const found = [];
        for await (const { position, message } of engine.messages(id, query))
          found.push({ position, content: message.content });
        expect(found).toEqual(wanted);
      }
      const all: StoredCommit[] = [];
      for await (const commit of engine.commits(id, 0)) all.push(commit);
      expect(all.map((commit) => commit.revision)).toEqual(all.map((_, index) => index + 1));
      for (const after of [1, Math.floor(revision / 2), revision - 1, revision]) {
        if (after < 1) continue;
        const later: StoredCommit[] = [];
        for await (const commit of engine.commits(id, after)) later.push(commit);
        expect(later).toEqual(all.slice(after));
      }
      await engine.close();
    }),
    { numRuns: 60 },
  );
});
