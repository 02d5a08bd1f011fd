import { join } from "node:path";
import type { ImportPlace } from "./place.ts";

export const TASK = "1736935200000";
/** When the task began. */
const BEGAN = Number(TASK);

/** The time so many seconds behind the task's beginning. */
export function at(seconds: number): string {
  return new Date(BEGAN + seconds * 1000).toISOString();
}

export function text(content: string): object {
  return { type: "text", text: content };
}

export const DETAILS = text(
  "<environment_details>\n# VSCode Open Tabs\na.ts\n\n# Current Working Directory (/home/u/app) Files\na.ts\n</environment_details>",
);

/** A task of Cline's extension while it goes on: what the model is sent, and what the person is shown. */
export class Task {
  readonly messages: object[] = [];
  readonly shown: Record<string, unknown>[] = [];
  readonly #indexed: boolean;
  #seconds = 0;

  /** @param indexed newer versions say where in the model's history they were. */
  constructor(indexed = true) {
    this.#indexed = indexed;
  }

  say(say: string, said: string, fields: object = {}): this {
    const index = this.#indexed ? { conversationHistoryIndex: this.messages.length - 1 } : {};
    this.shown.push({
      ts: BEGAN + 1000 * this.#seconds++,
      type: "say",
      say,
      text: said,
      ...index,
      ...fields,
    });
    return this;
  }

  /** The request, the person's message, the answer while it comes, and then the answer. */
  turn(blocks: readonly object[], answer: unknown, usage: object | undefined, fields: object = {}): this {
    this.say("api_req_started", JSON.stringify({ request: "…", ...usage }));
    this.messages.push({ role: "user", content: blocks });
    this.say("text", "shown answer");
    this.messages.push({ role: "assistant", content: answer, ...fields });
    return this;
  }

  /** Writes the task's folder. @returns the path of its messages. */
  write(place: ImportPlace, storage: string, others: Readonly<Record<string, unknown>> = {}): string {
    const folder = join(storage, "tasks", TASK);
    place.file(JSON.stringify(this.shown), join(folder, "ui_messages.json"));
    for (const [name, content] of Object.entries(others))
      place.file(typeof content === "string" ? content : JSON.stringify(content), join(folder, name));
    return place.file(JSON.stringify(this.messages), join(folder, "api_conversation_history.json"));
  }
}

/** With tools as XML in the text, as versions before calls were told apart. */
export function firstTask(indexed = true): Task {
  const task = new Task(indexed);
  task.say("text", "fix @/a.ts");
  task.turn(
    [
      text(
        `<task>\nfix 'a.ts' (see below for file content)\n</task>\n\n<file_content path="a.ts">\nlet a\n</file_content>`,
      ),
      DETAILS,
    ],
    [text("I look.\n<read_file>\n<path>b.ts</path>\n</read_file>")],
    { tokensIn: 100, tokensOut: 20, cacheWrites: 7, cacheReads: 50, cost: 0.25 },
  );
  task.turn(
    [text("[read_file for 'b.ts'] Result:"), text("<feedback>\nof the file\n</feedback>"), DETAILS],
    [text("<attempt_completion>\n<result>\nDone.\n</result>\n</attempt_completion>")],
    { tokensIn: 200, tokensOut: 5, cost: 0.5 },
  );
  task.say("user_feedback", "and the tests?");
  task.turn(
    [
      text("[attempt_completion] Result:"),
      text(
        "The user has provided feedback on the results. Consider their input.\nThe user's feedback:\n<feedback>\nand the tests?\n</feedback>",
      ),
      DETAILS,
    ],
    [text("They too.")],
    { tokensIn: 10, tokensOut: 1, cost: 0 },
  );
  return task;
}
