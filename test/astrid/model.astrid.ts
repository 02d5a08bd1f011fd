import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documentText } from "../../src/session/astrid/document-message.ts";
import { isSameToAstrid, messageToAstrid } from "../../src/session/astrid/message.ts";
import { headFromDocument, headToDocumentTexts, messageFromDocument } from "../../src/session/document.ts";
import { EMPTY_HEAD, type SessionHead } from "../../src/session/head.ts";
import {
  freezeParsed,
  jsonText,
  parseJson,
  type Json,
  type JsonObject,
} from "../../src/session/json/json.ts";
import { parseMessage, type Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { astridOfFile, describeWithAstrid, type Astrid, type Seen } from "./peer.ts";
import { ALLOWANCE, anyJson, anyMessage, anyText, BUDGET } from "./samples.ts";

const astridHere = astridOfFile();
const NO_KEYS: ReadonlySet<string> = new Set();

/** A document as a checkpoint has it. */
function documentOf(id: string, head: SessionHead, messages: readonly Message[]): string {
  const lines = messages.map((message) => documentText(Buffer.from(jsonText(message))).toString("utf8"));
  const entries = headToDocumentTexts(head).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return `{"id":"${id}",${entries.join(",\n")},\n"messages":[\n${lines.join(",\n")}\n]}`;
}

/** What Astrid sees of a document. */
async function seenIn(astrid: Astrid, id: string, document: string): Promise<Seen> {
  writeFileSync(join(astrid.directory, `${id}.json`), document);
  const seen = await astrid.load(id);
  return seen as Seen;
}

const head: fc.Arbitrary<SessionHead> = fc
  .record({
    title: fc.option(anyText),
    tags: fc.array(anyText, { maxLength: 3 }),
    custom: fc.dictionary(anyText, anyText, { maxKeys: 3 }),
    systemPrompt: anyText,
    model: fc.option(anyText),
    workspaceId: fc.option(anyText),
    gitState: fc.option(fc.record({ branch: fc.option(anyText), commit: fc.option(anyText), more: anyJson })),
    escapeState: fc.option(
      fc.record({ remembered_paths: fc.array(anyText, { maxLength: 2 }), more: anyJson }),
    ),
    budgetSnapshot: fc.option(anyJson.map((more) => ({ ...BUDGET, more }))),
    allowances: fc.array(
      fc.tuple(anyText, anyJson).map(([pattern, more]) => ({
        ...ALLOWANCE,
        action_pattern: { type: "custom", pattern, more },
        more,
      })),
      { maxLength: 2 },
    ),
    extra: fc.dictionary(anyText, anyJson, { maxKeys: 3 }),
    metadataExtra: fc.dictionary(anyText, anyJson, { maxKeys: 3 }),
  })
  .map((fields) => freezeParsed({ ...EMPTY_HEAD, ...fields }) as unknown as SessionHead);

describeWithAstrid("Astrid opens every document of ours", () => {
  test("and sees of each message what we say that it sees; we read back what was there", async () => {
    const astrid = astridHere();
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 6 }), head, async (messages, given) => {
        const id = newSessionId();
        const document = documentOf(id, given, messages);
        const seen = await seenIn(astrid, id, document);
        const expected = messages.map(messageToAstrid).filter((message) => message !== undefined);
        expect(seen.messages.length).toBe(expected.length);
        const ours = messages.filter((message) => messageToAstrid(message) !== undefined);
        for (const [index, message] of ours.entries()) {
          const its = parseMessage(jsonText(seen.messages[index] ?? null));
          expect(isSameToAstrid(message, its), `${jsonText(message)}\n${jsonText(its)}`).toBe(true);
        }
        const back = parseJson(document) as JsonObject;
        expect(headFromDocument(back, NO_KEYS)).toEqual(given);
        expect(
          (back["messages"] as Json[]).map((value, at) => jsonText(messageFromDocument(value, at))),
        ).toEqual(messages.map(jsonText));
      }),
      { numRuns: 1500 },
    );
  });

  test("and writes numbers so that we know them again", async () => {
    const astrid = astridHere();
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
      fc
        .tuple(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.bigInt({ min: 0n, max: 2n ** 60n }))
        .map((parts) => parts.join(".")),
      fc.tuple(fc.integer(), fc.integer({ min: -320, max: 290 })).map((parts) => parts.join("e")),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 20 }), async (numbers) => {
        const id = newSessionId();
        const message = parseMessage(
          `{"role":"assistant","content":[{"id":"a","name":"b","arguments":[${numbers.join(",")}]}]}`,
        );
        const seen = await seenIn(astrid, id, documentOf(id, EMPTY_HEAD, [message]));
        const its = parseMessage(jsonText(seen.messages[0] ?? null));
        expect(isSameToAstrid(message, its), `${jsonText(message)}\n${jsonText(its)}`).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
