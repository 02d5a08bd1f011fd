import type { Problem } from "../../src/importers/problem.ts";
import type { ImportItem, NativeImporter } from "../../src/importers/native/native-importer.ts";
import type { Message } from "../../src/index.ts";

/** Everything that an importer of ours reads of a file. */
export async function readAll(
  importer: NativeImporter,
  path: string,
): Promise<{
  session: Extract<ImportItem, { type: "session" }>;
  messages: Message[];
  problems: Problem[];
  end: Extract<ImportItem, { type: "end" }>;
}> {
  const items: ImportItem[] = [];
  for await (const item of importer.read(path)) items.push(item);
  const sessions = items.filter((item) => item.type === "session");
  const ends = items.filter((item) => item.type === "end");
  const firstMessage = items.findIndex((item) => item.type === "message");
  const [session, end] = [sessions[0], ends[0]];
  if (session === undefined || sessions.length > 1) throw new Error(`${sessions.length} sessions`);
  if (firstMessage >= 0 && firstMessage < items.indexOf(session))
    throw new Error("a message before the session");
  if (end === undefined || items.at(-1) !== end) throw new Error("no end, or something behind it");
  const messages = items.flatMap((item) => (item.type === "message" ? [item.message] : []));
  const problems = items.flatMap((item) => (item.type === "problem" ? [item.problem] : []));
  return { session, messages, problems, end };
}
