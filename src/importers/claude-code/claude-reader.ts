import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import type { SessionDraft } from "../draft/draft.ts";
import type { Harvest } from "../draft/harvest.ts";
import { objectIn, textIn } from "../draft/blocks.ts";
import { UsageTable } from "../draft/usage.ts";
import { derivedSessionId } from "../identity.ts";
import type { RecordReader } from "../importer.ts";
import { Branch } from "./branch.ts";
import { namedBeside } from "./files-beside.ts";
import { agentSessionId, namelessOwner, ownerOf, sessionIdFor, type Owner } from "./owner.ts";
import { Sidechains } from "./sidechains.ts";
import { countAnswer } from "./turn.ts";

/** A file's sessions, from its records: its own, sub-agents' that stand in the same file, and stray turns of others. */
export class ClaudeReader implements RecordReader {
  readonly #harvest: Harvest;
  readonly #branches = new Map<SessionDraft, Branch>();
  readonly #sidechains: Sidechains;
  #owner: Owner | undefined;
  /** Whether a record of the file's own session has come: what stands before it was taken over from another one. */
  #isOwn = false;
  /** Titles of a summary whose turn has not come yet. */
  readonly #summaries = new Map<string, string>();

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    this.#sidechains = new Sidechains(harvest);
    const owner = ownerOf(harvest.beginning);
    if (owner !== undefined) this.#own(owner);
  }

  record(record: JsonObject): void {
    if (this.#owner === undefined) this.#findOwner(record);
    for (const name of namedBeside(record, this.#harvest.beginning.path))
      if (!this.#harvest.beside.has(name)) this.#harvest.beside.set(name, this.#harvest.place);
    switch (record["type"] as string) {
      case "user":
      case "assistant":
      case "system":
      case "attachment":
        this.#turn(record);
        break;
      case "progress":
        this.#turn(record);
        this.#progress(record);
        break;
      case "summary":
        this.#summary(record);
        break;
      case "custom-title":
        if (!this.#isForeign(record)) this.#harvest.main.facts.setTitle("given", record["customTitle"]);
        break;
      case "ai-title":
        if (!this.#isForeign(record)) this.#harvest.main.facts.setTitle("generated", record["aiTitle"]);
        break;
      case "pr-link":
        if (typeof record["prUrl"] === "string")
          this.#harvest.main.facts.custom["pull_request"] = record["prUrl"];
    }
  }

  end(): void {
    // A file in which nothing but notes stand.
    if (this.#owner === undefined) this.#own(namelessOwner({}));
  }

  #own(owner: Owner): void {
    this.#owner = owner;
    const { main } = this.#harvest;
    main.id = owner.id;
    main.parentId = owner.parentId;
    if (owner.agentId !== undefined) main.facts.custom["agent_id"] = owner.agentId;
  }

  /** Neither the file's beginning nor its end named a session: the first record that does so decides. */
  #findOwner(record: JsonObject): void {
    const named = record["sessionId"];
    if (typeof named !== "string") return;
    this.#own({ id: sessionIdFor(named), named, agentId: undefined, parentId: null });
  }

  #turn(record: JsonObject): void {
    const draft = this.#draftFor(record);
    const { facts } = draft;
    if (typeof record["cwd"] === "string") facts.workspacePath ??= record["cwd"];
    if (typeof record["gitBranch"] === "string" && record["gitBranch"] !== "")
      facts.branch = record["gitBranch"];
    const isTakenOver = this.#isTakenOver(draft, record);
    this.#branchOf(draft).add(record, isTakenOver);
    if (isTakenOver) draft.tookOver();
    const summary = typeof record["uuid"] === "string" ? this.#summaries.get(record["uuid"]) : undefined;
    if (summary !== undefined) facts.setTitle("summary", summary);
    this.#sidechains.sawCalls(record);
  }

  /** A sub-agent's answer as its parent's file repeats it: what it cost is told nowhere else when it has no file. */
  #progress(record: JsonObject): void {
    const data = objectIn(record["data"]);
    const answer = objectIn(data["message"]);
    const { agentId } = data;
    if (typeof agentId !== "string" || answer["type"] !== "assistant" || this.#isForeign(record)) return;
    const { usageOfSubagents } = this.#harvest.main.facts;
    const id = agentSessionId(this.#owner?.named ?? "", agentId);
    const table = usageOfSubagents.get(id) ?? new UsageTable();
    usageOfSubagents.set(id, table);
    countAnswer(table, answer, textIn(answer["timestamp"]) ?? textIn(record["timestamp"]));
  }

  #branchOf(draft: SessionDraft): Branch {
    let branch = this.#branches.get(draft);
    if (branch === undefined) {
      branch = new Branch(draft, (record) => this.#subsession(draft, record));
      this.#branches.set(draft, branch);
    }
    return branch;
  }

  #draftFor(record: JsonObject): SessionDraft {
    const { main } = this.#harvest;
    const isSidechain = record["isSidechain"] === true;
    if (isSidechain && this.#owner?.agentId === undefined)
      return this.#sidechains.draftFor(record, this.#owner?.named ?? "", main.id ?? null);
    const named = record["sessionId"];
    if (!this.#isForeign(record)) {
      this.#isOwn = true;
      return main;
    }
    // Records that were copied, or the same conversation under another id.
    if (!this.#isOwn || this.#branchOf(main).has(record["parentUuid"])) return main;
    return this.#stray(named as string);
  }

  #isForeign(record: JsonObject): boolean {
    const named = record["sessionId"];
    if (typeof named !== "string" || this.#owner?.named === undefined) return false;
    return named !== this.#owner.named && record["agentId"] === undefined;
  }

  /** What a fork's file begins with was said, and paid for, in another session. */
  #isTakenOver(draft: SessionDraft, record: JsonObject): boolean {
    if (draft !== this.#harvest.main) return false;
    const { forkedFrom } = record;
    const from = isJsonObject(forkedFrom)
      ? forkedFrom["sessionId"]
      : this.#isForeign(record) && !this.#isOwn
        ? record["sessionId"]
        : undefined;
    if (typeof from !== "string") return false;
    draft.forkedFrom = isSessionId(from.toLowerCase()) ? from.toLowerCase() : sessionIdFor(from);
    return true;
  }

  /** Turns of another session in this file: two writers, or a mistake. They stay apart. */
  #stray(named: string): SessionDraft {
    return this.#harvest.other(`stray ${named}`, (draft) => {
      draft.id = derivedSessionId("claude-code", "stray", this.#owner?.named ?? "", named);
      draft.facts.custom["stray_of"] = named;
      this.#harvest.problem(`turns of session ${named} stand in this file; they are a session of their own`, {
        lost: false,
      });
    });
  }

  #summary(record: JsonObject): void {
    const { summary, leafUuid } = record;
    if (typeof summary !== "string" || typeof leafUuid !== "string") return;
    const { main } = this.#harvest;
    if (this.#branchOf(main).has(leafUuid)) main.facts.setTitle("summary", summary);
    else if (this.#summaries.size < 1000) this.#summaries.set(leafUuid, summary);
  }

  /** A result that names the sub-agent that gave it. */
  #subsession(draft: SessionDraft, record: JsonObject): SessionId | undefined {
    const { toolUseResult } = record;
    if (!isJsonObject(toolUseResult) || typeof toolUseResult["agentId"] !== "string") return undefined;
    const parent = this.#owner?.agentId === undefined ? this.#owner?.named : this.#rootOf(this.#owner);
    const id = agentSessionId(parent ?? "", toolUseResult["agentId"]);
    if (draft.id !== undefined) this.#harvest.children.set(id, draft.id);
    return id;
  }

  /** Sub-agents of a sub-agent go by the session at the root as well. */
  #rootOf({ parentId, named }: Owner): string | undefined {
    return parentId ?? named;
  }
}
