import { client, ndJsonStream, type ClientContext, type SessionUpdate } from "@agentclientprotocol/sdk";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../file/temporary-store.ts";

/** Starts an agent as an editor does, and talks to it over its standard input and output. */
async function withAgent<T>(
  directory: string,
  work: (agent: ClientContext, updates: SessionUpdate[]) => Promise<T>,
): Promise<T> {
  const program = join(import.meta.dirname, "stdio-process.ts");
  const child = spawn(process.execPath, [program, directory], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const output = Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>;
  const updates: SessionUpdate[] = [];
  const result = await client({ name: "editor" })
    .onNotification("session/update", ({ params }) => void updates.push(params.update))
    .connectWith(ndJsonStream(Writable.toWeb(child.stdin), output), async (agent) => {
      await agent.request("initialize", { protocolVersion: 1, clientCapabilities: {} });
      return await work(agent, updates);
    });
  child.stdin.end();
  expect(await ended).toEqual([0, null]);
  return result;
}

test("over standard input and output: what one process was told, the next one tells", async () => {
  const directory = temporaryDirectory();
  const prompt = [
    { type: "resource_link" as const, name: "a.ts", uri: "file:///w/a.ts" },
    { type: "text" as const, text: "What is in it?" },
  ];
  const sessionId = await withAgent(directory, async (agent) => {
    const created = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
    await agent.request("session/prompt", { sessionId: created.sessionId, prompt });
    return created.sessionId;
  });
  await withAgent(directory, async (agent, updates) => {
    const { sessions } = await agent.request("session/list", { cwd: "/w" });
    expect(sessions).toMatchObject([{ sessionId, title: "What is in it?" }]);
    await agent.request("session/load", { sessionId, cwd: "/w", mcpServers: [] });
    expect(updates).toMatchObject(
      prompt.map((content) => ({ sessionUpdate: "user_message_chunk", content })),
    );
  });
});
