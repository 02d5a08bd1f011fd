import type { EditPlace, SessionEdit } from "../../engine/session-edit.ts";
import { findSecrets } from "../../redaction/find-secrets.ts";
import { redactJsonText, type Redact } from "../../redaction/redact.ts";
import type { SecretTier } from "../../redaction/secret-formats.ts";
import { InvalidArgumentError, SessionStoreError } from "../../session/errors/errors.ts";
import { boundaryOf } from "../../session/context/compaction.ts";
import { checkStoredHead, type HeadChanges, type HeadField } from "../../session/head.ts";
import { jsonText, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import { parseMessage } from "../../session/message.ts";
import { isRedacted, ORIGINAL, REDACTED_ITEM, textOfItem } from "../original.ts";
import { Boundaries } from "./boundaries.ts";

/** What stands at a place that was found there. */
export interface Find {
  /** What it is, such as `github-token`; `named` for what the caller named. */
  readonly kind: string;
  readonly tier: SecretTier;
}

/** Where a secret stands: a part of an `EditPlace`. */
export type FindPart =
  | { readonly part: "message"; readonly position: number }
  | { readonly part: "field"; readonly field: HeadField }
  | { readonly part: "side"; readonly list: string }
  | { readonly part: "text" };

export interface SecretEditOptions {
  /** Further texts that are to go, as they stand or as JSON writes them; or a function that replaces them. */
  readonly also?: readonly string[] | Redact | undefined;
  /** Also look for what is only likely to be a secret. Nothing of that is replaced. Default: false. */
  readonly candidates?: boolean | undefined;
  /** Empty the side list that has the file which a session was imported from. Default: false. */
  readonly givesUpOriginal?: boolean | undefined;
  /** What was found before does not count: it is found again. */
  readonly onBegin?: (() => void) | undefined;
  readonly onFind: (place: EditPlace, part: FindPart, find: Find) => void;
}

/** Fields that hold nothing that somebody wrote. */
const FORMAL: ReadonlySet<HeadField> = new Set<HeadField>([
  "userId",
  "createdAt",
  "parentId",
  "budgetSnapshot",
]);
/** What is looked for in the pieces of a file may begin in one and end in the next; it is not longer. */
const OVERLAP = 64 << 10;
const NAMED = "named";

/** Replaces secrets in everything that it is given, and tells of each. */
export class SecretEdit implements SessionEdit {
  readonly #options: SecretEditOptions;
  readonly #forms: readonly string[];
  readonly #boundaries = new Boundaries();
  #place: EditPlace = { kind: "log" };
  #part: FindPart = { part: "text" };
  /** The end of the last piece of an imported file. */
  #tail = "";
  /** There is an imported file that was not given up. */
  hasOriginal = false;

  constructor(options: SecretEditOptions) {
    this.#options = options;
    const { also = [] } = options;
    this.#forms = typeof also === "function" ? [] : formsOf(also);
  }

  begin(): void {
    this.hasOriginal = false;
    this.#options.onBegin?.();
  }

  at(place: EditPlace): void {
    this.#place = place;
    this.#part = { part: "text" };
    if (place.kind === "commit") this.#boundaries.at(place);
  }

  message<M extends Parameters<SessionEdit["message"]>[0]>(message: M, position: number): M {
    this.#part = { part: "message", position };
    const text = jsonText(message);
    const redacted = redactJsonText(text, this.#redact);
    const after = redacted === text ? message : orNoForm(() => parseMessage(redacted) as M);
    if (this.#place.kind === "commit")
      this.#boundaries.message(position, boundaryOf(message), boundaryOf(after));
    return after;
  }

  head(changes: HeadChanges): HeadChanges {
    const changed: [string, Json][] = [];
    for (const field of Object.keys(changes) as HeadField[]) {
      const value = changes[field] as Json;
      if (FORMAL.has(field) || value === null || typeof value === "number") continue;
      this.#part = { part: "field", field };
      const redacted = this.#json(value);
      const after = field === "extra" ? this.#boundaries.extra(redacted as JsonObject) : redacted;
      if (after !== value) changed.push([field, after]);
    }
    if (changed.length === 0) return changes;
    const after = { ...changes, ...Object.fromEntries(changed) };
    orNoForm(() => checkStoredHead(after));
    return after;
  }

  item(list: string, item: Json): Json {
    this.#part = { part: "side", list };
    return list === ORIGINAL ? this.#original(item) : this.#json(item);
  }

  text(text: string): string {
    this.#part = { part: "text" };
    return this.#redact(text);
  }

  look(text: string, until: number): boolean {
    this.#part = { part: "text" };
    return this.#count(text, 0, until);
  }

  /** A piece of the file that the session was imported from: what of it would be replaced cannot be a file any more. */
  #original(item: Json): Json {
    if (isRedacted(item)) return item;
    this.hasOriginal = true;
    const piece = textOfItem(item);
    if (piece === undefined) this.#tail = "";
    else {
      const text = this.#tail + piece;
      this.#count(text, this.#tail.length, Infinity);
      this.#tail = text.slice(-OVERLAP);
    }
    return this.#options.givesUpOriginal === true ? REDACTED_ITEM : item;
  }

  #json(value: Json): Json {
    const text = jsonText(value);
    const redacted = redactJsonText(text, this.#redact);
    return redacted === text ? value : parseJson(redacted);
  }

  readonly #redact = (text: string): string => {
    const { also, candidates } = this.#options;
    let after = text;
    if (typeof also === "function") {
      after = also(text);
      if (after !== text) this.#tell(NAMED, "definite");
    }
    for (const form of this.#forms) {
      const parts = after.split(form);
      for (let count = 1; count < parts.length; count++) this.#tell(NAMED, "definite");
      if (parts.length > 1) after = parts.join(`[redacted:${NAMED}]`);
    }
    const found = findSecrets(after, { candidates });
    if (found.length === 0) return after;
    let result = "";
    let position = 0;
    for (const { format, tier, start, end } of found) {
      this.#tell(format, tier);
      if (tier !== "definite") continue;
      result += `${after.slice(position, start)}[redacted:${format}]`;
      position = end;
    }
    return position === 0 ? after : result + after.slice(position);
  };

  /** Tells of what ends behind `from` and begins before `until`. @returns whether something of it would be replaced. */
  #count(text: string, from: number, until: number): boolean {
    const { also, candidates } = this.#options;
    let isFound = false;
    for (const { format, tier, start, end } of findSecrets(text, { candidates })) {
      if (end <= from || start >= until) continue;
      this.#tell(format, tier);
      if (tier === "definite") isFound = true;
    }
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at >= 0 && at < until; at = text.indexOf(form, at + form.length)) {
        if (at + form.length <= from) continue;
        this.#tell(NAMED, "definite");
        isFound = true;
      }
    }
    if (typeof also === "function" && also(text) !== text) {
      this.#tell(NAMED, "definite");
      isFound = true;
    }
    return isFound;
  }

  #tell(kind: string, tier: SecretTier): void {
    if (this.#place.kind === "file" && this.#place.isCopy === true) return;
    this.#options.onFind(this.#place, this.#part, { kind, tier });
  }
}

/** A text as it reads, as JSON writes it, and as JSON within JSON does; the longest first. */
function formsOf(texts: readonly string[]): string[] {
  const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
  const all = texts.flatMap((text) => [text, escaped(text), escaped(escaped(text))]);
  return [...new Set(all)].sort((left, right) => right.length - left.length);
}

/** What is named may be a part of how sessions are written, such as a key. */
function orNoForm<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SessionStoreError || error instanceof SyntaxError)) throw error;
    throw new InvalidArgumentError(
      "What is to be redacted is a part of how sessions are written, and not only of what they say: name a longer text. " +
        "Nothing was changed.",
      { cause: error },
    );
  }
}
