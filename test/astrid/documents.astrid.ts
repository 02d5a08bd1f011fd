import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newSessionId, SessionStore, SessionStoreError } from "../../src/index.ts";
import { jsonText, type Json, type JsonObject } from "../../src/session/json/json.ts";
import { astridOfFile, describeWithAstrid, type Astrid } from "./peer.ts";
import { ALLOWANCE, fullDocument, nested } from "./samples.ts";

const astridHere = astridOfFile();

/** A place in a document, as keys and positions. */
type Path = readonly (string | number)[];

function pathsIn(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsIn(child, [...path, key]))];
}

const HOLE = "what stands here is replaced";

/** The document's text with another text at a place; `undefined` takes the key away. */
function withText(document: JsonObject, path: Path, text: string | undefined): string {
  const copy = structuredClone(document) as Record<string, Json>;
  let holder: Record<string, Json> = copy;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, Json>;
  const last = path.at(-1) as string;
  if (text === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = HOLE;
  return JSON.stringify(copy).replace(JSON.stringify(HOLE), () => text ?? "");
}

/** Why our store does not open the document; `undefined` when it does. */
async function weRefuse(directory: string, id: string): Promise<string | undefined> {
  await using store = new SessionStore(directory);
  try {
    return (await store.load(id)) === undefined ? "there is none" : undefined;
  } catch (error) {
    if (error instanceof SessionStoreError) return error.message;
    throw error;
  }
}

/** Those of the documents that one side opens and the other does not. */
async function disagreements(
  astrid: Astrid,
  documents: readonly [what: string, text: string | Buffer][],
): Promise<string[]> {
  const found: string[] = [];
  for (const [index, [what, text]] of documents.entries()) {
    // A directory for each: what our store moves away must not stand in the way.
    const directory = join(astrid.directory, String(index));
    mkdirSync(directory);
    writeFileSync(join(directory, `${ID}.json`), text);
    const its = await astrid.in(directory).refuses(ID);
    const ours = await weRefuse(directory, ID);
    if ((its === undefined) !== (ours === undefined))
      found.push(`${what}: Astrid ${its ?? "opens it"}; we ${ours ?? "open it"}`);
  }
  return found;
}

const ID = "1a2b3c4d-0000-4000-8000-00000000000f";
const DOCUMENT = fullDocument(ID);

/** The id is not among them: Astrid opens a session under another id than its file's, and that is no good. */
const PATHS = pathsIn(DOCUMENT).filter(
  (path) => path.length > 0 && path[0] !== "id" && path[0] !== "messages",
);

const VALUES: readonly Json[] = [
  ...[
    null,
    true,
    false,
    "",
    "x",
    0,
    1,
    -1,
    255,
    256,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    1.5,
    [],
    {},
    [null],
    ["x"],
    [1],
  ],
  ...[
    "2024-02-30T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "+12345-01-01T00:00:00Z",
    "2024-1-1 0:0:0UTC",
    { a: "b" },
    { a: 1 },
  ],
  ...[
    "00000000000000000000000000000001",
    "{1A2B3C4D-0000-4000-8000-00000000000F}",
    "admin",
    "read",
    "exact_tool",
  ],
];
const NUMBERS = [
  "1.0",
  "-0",
  "1e2",
  "9007199254740993",
  "18446744073709551615",
  "18446744073709551616",
  "1e400",
  "1e-400",
];

describeWithAstrid("a document is opened by us whenever by Astrid, and refused whenever it refuses", () => {
  test("with each of its values taken away or replaced", async () => {
    const documents = PATHS.flatMap((path): [string, string][] => [
      [`without ${path.join(".")}`, withText(DOCUMENT, path, undefined)],
      ...VALUES.map((value): [string, string] => [
        `${path.join(".")} ${jsonText(value)}`,
        withText(DOCUMENT, path, jsonText(value)),
      ]),
    ]);
    expect(await disagreements(astridHere(), documents)).toEqual([]);
  });

  test("with numbers that JavaScript does not write", async () => {
    const documents = PATHS.flatMap((path) =>
      NUMBERS.map((number): [string, string] => [
        `${path.join(".")} ${number}`,
        withText(DOCUMENT, path, number),
      ]),
    );
    expect(await disagreements(astridHere(), documents)).toEqual([]);
  });

  test("with each pattern of an allowance, whole and without each of its keys", async () => {
    const patterns: JsonObject[] = [
      { type: "exact_tool", server: "s", tool: "t" },
      { type: "server_tools", server: "s" },
      { type: "file_pattern", pattern: "p", permission: "write" },
      { type: "network_host", host: "h", ports: [80] },
      { type: "command_pattern", command: "c" },
      { type: "workspace_relative", pattern: "p", permission: "list" },
      { type: "custom", pattern: "p" },
      { type: "capsule_capability", capsule_id: "c", capability: "d" },
      { type: "capsule_wildcard", capsule_id: "c" },
    ];
    const allowing = (action_pattern: JsonObject): JsonObject => ({
      ...DOCUMENT,
      allowances: [{ ...ALLOWANCE, action_pattern }],
    });
    const documents = patterns.flatMap((pattern) => [
      [`pattern ${jsonText(pattern)}`, JSON.stringify(allowing(pattern))] as [string, string],
      ...Object.keys(pattern).flatMap((key) =>
        [undefined, "null", '"x"', "5", "[]"].map((text): [string, string] => [
          `pattern ${jsonText(pattern["type"] ?? null)}.${key} ${text ?? "missing"}`,
          withText(allowing(pattern), ["allowances", 0, "action_pattern", key], text),
        ]),
      ),
    ]);
    expect(await disagreements(astridHere(), documents)).toEqual([]);
  });

  test("with a key twice", async () => {
    const text = JSON.stringify(DOCUMENT);
    const documents = Object.keys(DOCUMENT).map((key): [string, string] => [
      `${key} twice`,
      text.replace("{", () => `{${JSON.stringify(key)}:${JSON.stringify(DOCUMENT[key])},`),
    ]);
    expect(await disagreements(astridHere(), documents)).toEqual([]);
  });

  test("with bytes that are no UTF-8, with a byte order mark, cut off", async () => {
    const bytes = Buffer.from(JSON.stringify(DOCUMENT));
    const broken = Buffer.from(bytes);
    broken[bytes.indexOf("Hello")] = 0xff;
    expect(
      await disagreements(astridHere(), [
        ["a byte that is no UTF-8", broken],
        ["a byte order mark", Buffer.concat([Buffer.from("\ufeff"), bytes])],
        ["cut off", bytes.subarray(0, -1)],
        ["something behind", Buffer.concat([bytes, Buffer.from("x")])],
        ["white space behind", Buffer.concat([bytes, Buffer.from("\n \t")])],
      ]),
    ).toEqual([]);
  });

  test("with messages of odd form", async () => {
    const messages = [
      "{}",
      '{"role":"user"}',
      '{"content":"x"}',
      '{"role":5,"content":"x"}',
      "null",
      "5",
      '"x"',
      "[]",
    ];
    const more = [
      '{"role":"critic","content":null}',
      '{"role":"user","content":1}',
      '{"role":"","content":""}',
    ];
    const documents = [...messages, ...more].map((message): [string, string] => [
      `message ${message}`,
      withText(DOCUMENT, ["messages", 0], message),
    ]);
    const lists = ["null", "{}", "5", "[]"].map((list): [string, string] => [
      `messages ${list}`,
      withText(DOCUMENT, ["messages"], list),
    ]);
    expect(await disagreements(astridHere(), [...documents, ...lists])).toEqual([]);
  });
});

describeWithAstrid("an id", () => {
  test("is taken by loadByStr in every form in which Astrid takes it, and in no other", async () => {
    const astrid = astridHere();
    const id = newSessionId();
    await astrid.ask("create", { document: fullDocument(id) });
    const digits = id.replaceAll("-", "");
    const texts = [
      ...[
        id,
        id.toUpperCase(),
        digits,
        digits.toUpperCase(),
        `{${id}}`,
        `urn:uuid:${id}`,
        `URN:UUID:${id.toUpperCase()}`,
      ],
      ...[
        "",
        "x",
        `{${digits}}`,
        `urn:uuid:${digits}`,
        ` ${id}`,
        `${id} `,
        `{${id}`,
        id.slice(1),
        `${id}0`,
        `(${id})`,
      ],
      ...[id.replace("-", "_"), `${digits}-`, "g".repeat(32), `urn:uuid:{${id}}`, newSessionId()],
    ];
    const store = new SessionStore(astrid.directory);
    onTestFinished(() => store.close());
    for (const text of texts) {
      const its = await astrid.ask("load_by_str", { id: text }).then(
        (seen) => (seen === null ? "none" : (seen as JsonObject)["id"]),
        () => "refused",
      );
      const ours = await store.loadByStr(text).then(
        (session) => session?.id ?? "none",
        () => "refused",
      );
      expect(ours, text).toBe(its);
    }
  });

  test("of a user is read by us as by Astrid", async () => {
    const astrid = astridHere();
    const users = [
      "",
      "01",
      "0102030405060708",
      "0102030405060708090A",
      "010203040506070809a",
      "zz",
      "AABBCCDDEEFF0011",
    ];
    for (const user of users) {
      const id = newSessionId();
      writeFileSync(join(astrid.directory, `${id}.json`), JSON.stringify({ ...DOCUMENT, id, user_id: user }));
      const seen = await astrid.load(id);
      await using store = new SessionStore(astrid.directory);
      expect((await store.load(id))?.userId, user).toBe(seen?.["user_id"]);
    }
  });
});

describeWithAstrid("what is too deep or no text for Astrid", () => {
  test("stands in our store, in a session that Astrid opens", async () => {
    const astrid = astridHere();
    const levels = [100, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 500, 5000];
    await using store = new SessionStore(astrid.directory);
    for (const count of levels) {
      const id = newSessionId();
      const content = [{ id: "a", name: "b", arguments: nested(count) }];
      await store.commit(id, { base: 0, splice: [0, 0, [{ role: "assistant", content }]] });
      await store.checkpoint(id);
      expect(await astrid.refuses(id), `${count} levels`).toBeUndefined();
      expect((await astrid.load(id))?.messages.length).toBe(1);
    }
  });
});
