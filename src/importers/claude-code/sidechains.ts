import type { JsonObject } from "../../session/json/json.ts";
import { isJsonObject } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionDraft } from "../draft/draft.ts";
import type { Harvest } from "../draft/harvest.ts";
import { derivedSessionId } from "../identity.ts";
import { agentSessionId } from "./owner.ts";
import { callsIn, textOf } from "./turn.ts";

/** Prompts of calls that a sub-agent's first record may repeat. */
const MOST_PROMPTS = 1000;

/** Sub-agents whose records stand in their parent's file, as earlier versions of Claude Code wrote them. */
export class Sidechains {
  readonly #harvest: Harvest;
  /** The draft that each record of a sidechain belongs to. */
  readonly #drafts = new Map<string, SessionDraft>();
  /** The call that began a sub-agent, by the prompt that it was given. */
  readonly #calls = new Map<string, string>();

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
  }

  draftFor(record: JsonObject, parent: string, parentId: SessionId | null): SessionDraft {
    const { uuid, parentUuid, agentId } = record;
    const draft =
      typeof agentId === "string"
        ? this.#make(agentId, agentSessionId(parent, agentId), parentId, record)
        : ((typeof parentUuid === "string" ? this.#drafts.get(parentUuid) : undefined) ??
          this.#rooted(record, parent, parentId));
    if (typeof uuid === "string") this.#drafts.set(uuid, draft);
    return draft;
  }

  /** Notes the prompts that an answer's calls give to sub-agents. */
  sawCalls(record: JsonObject): void {
    const { type, message } = record;
    if (type !== "assistant" || !isJsonObject(message)) return;
    for (const { id, name, input } of callsIn(message["content"])) {
      if ((name !== "Task" && name !== "Agent") || typeof id !== "string" || !isJsonObject(input)) continue;
      const { prompt } = input;
      if (typeof prompt !== "string") continue;
      if (this.#calls.size < MOST_PROMPTS) this.#calls.set(prompt, id);
    }
  }

  #rooted(record: JsonObject, parent: string, parentId: SessionId | null): SessionDraft {
    const root = typeof record["uuid"] === "string" ? record["uuid"] : "";
    return this.#make(
      `root ${root}`,
      derivedSessionId("claude-code", "sidechain", parent, root),
      parentId,
      record,
    );
  }

  #make(key: string, id: SessionId, parentId: SessionId | null, record: JsonObject): SessionDraft {
    return this.#harvest.other(key, (draft) => {
      draft.id = id;
      draft.parentId = parentId;
      const { message } = record;
      const prompt = isJsonObject(message) ? textOf(message["content"]) : "";
      const call = this.#calls.get(prompt);
      if (call !== undefined) draft.facts.custom["parent_call"] = call;
    });
  }
}
