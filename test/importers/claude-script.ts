export const A = "11111111-2222-4333-8444-555555555555";
export const B = "22222222-2222-4333-8444-555555555555";

/** Records of one conversation; each goes on from the one before, unless it says otherwise. */
export class Script {
  readonly records: Record<string, unknown>[] = [];
  #last: string | null = null;
  #count = 0;
  readonly #session: string;

  constructor(session = A) {
    this.#session = session;
  }

  add(type: string, fields: Record<string, unknown>): this {
    this.#count++;
    const uuid = `00000000-0000-4000-8000-${String(this.#count).padStart(12, "0")}`;
    const time = `2026-01-05T09:${String(Math.floor(this.#count / 60)).padStart(2, "0")}:${String(this.#count % 60).padStart(2, "0")}.000Z`;
    const record = {
      parentUuid: this.#last,
      sessionId: this.#session,
      type,
      uuid,
      timestamp: time,
      cwd: "/p",
      ...fields,
    };
    this.records.push(record);
    this.#last = record.uuid;
    return this;
  }

  user(content: unknown, fields: Record<string, unknown> = {}): this {
    return this.add("user", { message: { role: "user", content }, ...fields });
  }

  answer(id: string, blocks: unknown, fields: Record<string, unknown> = {}, usage?: object): this {
    const message = { role: "assistant", id, model: "m-1", content: blocks, ...(usage && { usage }) };
    return this.add("assistant", { message, requestId: `req-${id}`, ...fields });
  }

  result(call: string, fields: Record<string, unknown> = {}): this {
    return this.user([{ type: "tool_result", tool_use_id: call, content: "ok" }], fields);
  }

  /** The uuid of the so-manieth record, counted from 1. */
  uuid(count: number): string {
    return `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;
  }
}

export const text = (value: string): object[] => [{ type: "text", text: value }];
export const call = (id: string, name = "Bash", input: object = {}): object[] => [
  { type: "tool_use", id, name, input },
];
