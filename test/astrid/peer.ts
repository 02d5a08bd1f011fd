import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, inject, onTestFinished } from "vitest";
import { jsonText, parseJson, type Json, type JsonObject } from "../../src/session/json/json.ts";

/** Tests that need Astrid: skipped where it cannot be built. */
export const describeWithAstrid = describe.skipIf(inject("astridPeer") === undefined);

/** A session as Astrid has it in memory: the document that its next save writes. */
export interface Seen extends JsonObject {
  readonly id: string;
  readonly messages: readonly { readonly role: string; readonly content: Json }[];
}

/** What Astrid said of a request that it could not fulfil. */
class AstridError extends Error {}

interface Waiting {
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: Error) => void;
  readonly onSaved: ((turn: number) => void) | undefined;
}

/** A process with Astrid's own store, one request after the other. */
export class Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ["pipe", "pipe", "pipe"] });
    let complaints = "";
    this.#child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
    this.#child.stdin.on("error", () => undefined);
    this.#child.on("close", () => {
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error(`Astrid's side ended. ${complaints}`));
    });
    let begun = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      // Not readline's lines: those end at U+2028 as well, which may stand in an answer.
      const lines = (begun + text).split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    const answer = parseJson(line) as JsonObject;
    if (typeof answer["saved"] === "number") {
      this.#waiting[0]?.onSaved?.(answer["saved"]);
      return;
    }
    const waiting = this.#waiting.shift();
    if (answer["ok"] !== undefined) waiting?.resolve(answer["ok"]);
    else waiting?.reject(new AstridError(jsonText(answer["error"] ?? null)));
  }

  async ask(request: JsonObject, onSaved?: (turn: number) => void): Promise<Json> {
    return await this.askInText(jsonText(request), onSaved);
  }

  /** The same for a request that holds numbers that JavaScript does not have. */
  async askInText(request: string, onSaved?: (turn: number) => void): Promise<Json> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, onSaved });
      this.#child.stdin.write(`${request}\n`);
    });
  }

  end(): void {
    this.#child.stdin.end();
  }
}

/** Astrid on one directory. */
export class Astrid {
  readonly directory: string;
  readonly #peer: Peer;

  constructor(peer: Peer, directory: string) {
    this.#peer = peer;
    this.directory = directory;
  }

  /** The same process on another directory. */
  in(directory: string): Astrid {
    return new Astrid(this.#peer, directory);
  }

  async ask(what: string, more: JsonObject = {}, onSaved?: (turn: number) => void): Promise<Json> {
    return await this.#peer.ask({ do: what, directory: this.directory, ...more }, onSaved);
  }

  /** Takes the session into memory; `undefined` when there is none. */
  async load(id: string): Promise<Seen | undefined> {
    return ((await this.ask("load", { id })) ?? undefined) as Seen | undefined;
  }

  /** Why Astrid does not open the session; `undefined` when it does. */
  async refuses(id: string): Promise<string | undefined> {
    try {
      await this.load(id);
      return undefined;
    } catch (error) {
      if (error instanceof AstridError) return error.message;
      throw error;
    }
  }

  async add(id: string, messages: readonly Json[]): Promise<Seen> {
    return (await this.ask("add", { id, messages })) as Seen;
  }

  async save(id: string): Promise<Seen> {
    return (await this.ask("save", { id })) as Seen;
  }
}

/** One process for the tests of a file; each gets a directory of its own that is gone after the test. */
export function astridOfFile(): () => Astrid {
  let peer: Peer | undefined;
  beforeAll(() => {
    const program = inject("astridPeer");
    if (program !== undefined) peer = new Peer(program);
  });
  afterAll(() => peer?.end());
  return () => {
    const directory = mkdtempSync(join(tmpdir(), "astrid-beside-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return new Astrid(peer as Peer, directory);
  };
}
