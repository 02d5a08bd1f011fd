import type { ContentBlock } from "@agentclientprotocol/sdk";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextMillisecond } from "../../../src/conformance/samples.ts";
import { AgentSession, Message, newSessionId, projectMessage } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { asClient, asUnstableClient } from "./in-process.ts";

const PROMPT: ContentBlock[] = [
  { type: "text", text: "What is in the picture?" },
  { type: "image", data: "AAAA", mimeType: "image/png" },
  { type: "resource_link", name: "a.ts", uri: "file:///w/a.ts" },
  { type: "resource", resource: { uri: "file:///w/b.ts", text: "export {}" } },
];

const EVERY_BLOCK: ContentBlock[] = [
  { type: "resource_link", name: "a.ts", uri: "file:///w/a.ts", size: 12, mimeType: "text/x-typescript" },
  { type: "text", text: "compare with", annotations: { audience: ["user"], priority: 1 } },
  { type: "resource", resource: { uri: "file:///w/b.ts", text: "export {}", mimeType: null } },
  { type: "resource", resource: { uri: "file:///w/c.bin", blob: "AAAA" } },
  { type: "image", data: "A".repeat(100_000), mimeType: "image/png", uri: "file:///w/d.png" },
  { type: "audio", data: "AAAA", mimeType: "audio/wav" },
  { type: "text", text: "and tell", _meta: { mine: true } },
];

describeOnEachEngine("acpSessions", (place) => {
  test("new and prompt store; the blocks are kept to the letter, listed and searchable", async () => {
    const sessionId = await asClient(place.open(), async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      await agent.request("session/prompt", { sessionId, prompt: PROMPT });
      return sessionId;
    });
    const store = place.open();
    const session = await store.load(sessionId);
    expect(session?.workspacePath).toBe("/w");
    const [asked, answered] = session?.messages ?? [];
    expect(asked).toEqual({ role: "user", content: PROMPT });
    expect(projectMessage(asked as Message)).toMatchObject({
      text: "What is in the picture?\nexport {}",
      attachments: [
        { kind: "image", mediaType: "image/png" },
        { kind: "resource_link", size: 14 },
      ],
      other: [],
    });
    expect(answered?.content).toMatch(/^You said/);
    expect(await store.search("picture")).toHaveLength(2);
  });

  test("load tells the whole conversation in order, whatever wrote it; resume tells nothing", async () => {
    const store = place.open();
    const session = new AgentSession({ workspacePath: "/w" });
    session.addMessage(Message.system("be brief"));
    session.addMessage(Message.from({ role: "claude-code:progress", content: { x: 1 } }));
    session.addMessage(Message.user("Weather?", { id: "m1" }));
    session.addMessage(Message.toolCalls([{ id: "c1", name: "weather", arguments: { city: "Oslo" } }]));
    session.addMessage(Message.toolResult({ callId: "c1", content: "3 degrees" }));
    session.addMessage(
      Message.from({
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm" },
          { type: "tool-wind", toolCallId: "c2", state: "output-error", input: {}, errorText: "no wind" },
          { type: "text", text: "Cold." },
        ],
      }),
    );
    await store.save(session);
    const params = { sessionId: session.id, cwd: "/w", mcpServers: [] };
    await asClient(place.open(), async (agent, updates) => {
      expect(await agent.request("session/resume", params)).toEqual({});
      expect(updates).toEqual([]);
      expect(await agent.request("session/load", params)).toEqual({});
      expect(new Set(updates.map(({ sessionId }) => sessionId))).toEqual(new Set([session.id]));
      expect(updates.map(({ update }) => update)).toMatchObject([
        { sessionUpdate: "user_message_chunk", content: { type: "text", text: "Weather?" }, messageId: "m1" },
        { sessionUpdate: "tool_call", toolCallId: "c1", title: "weather", rawInput: { city: "Oslo" } },
        {
          sessionUpdate: "tool_call_update",
          toolCallId: "c1",
          status: "completed",
          content: [{ type: "content", content: { type: "text", text: "3 degrees" } }],
        },
        { sessionUpdate: "agent_thought_chunk", content: { text: "hm" } },
        { sessionUpdate: "tool_call", toolCallId: "c2", title: "wind" },
        { sessionUpdate: "tool_call_update", toolCallId: "c2", status: "failed" },
        { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "Cold." } },
      ]);
    });
  });

  test("list by a directory takes the project's folders and work trees", async () => {
    const store = place.open();
    const root = temporaryDirectory();
    const deep = join(root, "deep");
    for (const folder of [join(root, ".git"), deep]) mkdirSync(folder);
    for (const workspacePath of [deep, "/elsewhere"]) await store.save(new AgentSession({ workspacePath }));
    await asClient(store, async (agent) => {
      const { sessions } = await agent.request("session/list", { cwd: root });
      expect(sessions.map(({ cwd }) => cwd)).toEqual([deep]);
    });
  });

  test("list: pages of 50, by directory, sub-agents left out, each session once", async () => {
    const store = place.open();
    for (let index = 0; index < 120; index++)
      await store.save(new AgentSession({ workspacePath: index % 2 ? "/odd" : "/even" }));
    const parent = new AgentSession({ metadata: { title: "Parent" } });
    // Of sessions saved within one millisecond none is the latest.
    await nextMillisecond();
    await store.save(parent);
    await store.save(parent.child());
    await asClient(store, async (agent) => {
      const sizes: number[] = [];
      const seen = new Set<string>();
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await agent.request("session/list", { cursor: cursor ?? null });
        sizes.push(page.sessions.length);
        for (const { sessionId } of page.sessions) seen.add(sessionId);
        cursor = page.nextCursor ?? null;
      }
      expect([sizes, seen.size]).toEqual([[50, 50, 21], 121]);
      const odd = await agent.request("session/list", { cwd: "/odd" });
      expect(new Set(odd.sessions.map(({ cwd }) => cwd))).toEqual(new Set(["/odd"]));
      const [latest] = (await agent.request("session/list", {})).sessions;
      expect(latest).toMatchObject({ sessionId: parent.id, cwd: "/", title: "Parent" });
      expect(Date.parse(latest?.updatedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
      await expect(agent.request("session/list", { cursor: "nonsense" })).rejects.toMatchObject({
        code: -32602,
      });
    });
  });

  test("delete goes to the trash and is silent about what is missing; the others are not", async () => {
    const store = place.open();
    await asClient(store, async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      expect(await agent.request("session/close", { sessionId })).toEqual({});
      for (const id of [sessionId, sessionId, newSessionId(), "no-uuid"])
        expect(await agent.request("session/delete", { sessionId: id })).toEqual({});
      expect((await agent.request("session/list", {})).sessions).toEqual([]);
      if (store.engine.capabilities.trash) expect(await store.restore(sessionId)).toBe(true);
      const missing = { code: -32002, data: { code: "SESSION_NOT_FOUND" } };
      for (const id of [newSessionId(), "no-uuid"]) {
        const params = { sessionId: id, cwd: "/w", mcpServers: [] };
        await expect(agent.request("session/load", params)).rejects.toMatchObject(missing);
        await expect(agent.request("session/resume", params)).rejects.toMatchObject(missing);
        await expect(agent.request("session/prompt", { sessionId: id, prompt: [] })).rejects.toMatchObject(
          missing,
        );
      }
    });
  });

  test("a directory that is not absolute is a wrong parameter, wherever it stands", async () => {
    await asClient(place.open(), async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      const wrong = { code: -32602, message: 'cwd must be an absolute path, not "w".' };
      const params = { cwd: "w", mcpServers: [] };
      await expect(agent.request("session/new", params)).rejects.toMatchObject(wrong);
      await expect(agent.request("session/load", { sessionId, ...params })).rejects.toMatchObject(wrong);
      await expect(agent.request("session/resume", { sessionId, ...params })).rejects.toMatchObject(wrong);
      await expect(agent.request("session/list", { cwd: "w" })).rejects.toMatchObject(wrong);
    });
    await asUnstableClient(place.open(), async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      await expect(agent.request("session/fork", { sessionId, cwd: "w" })).rejects.toMatchObject({
        code: -32602,
      });
    });
  });

  test("a session of an editor says so, and has a name and a size in every list", async () => {
    const store = place.open();
    await asClient(store, async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      await agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text: "Hello" }] });
      const summary = await store.summary(sessionId);
      expect(summary).toMatchObject({ source: "acp", custom: { source: "acp" } });
      expect(summary?.lastMessagePreview).toBe("You said: Hello");
      expect(summary?.tokenCount).toBeGreaterThan(0);
      expect((await agent.request("session/list", {})).sessions).toMatchObject([
        { title: "You said: Hello" },
      ]);
    });
  });

  test("the blocks of a prompt are told again as they were stored, in their order", async () => {
    const store = place.open();
    await asClient(store, async (agent, updates) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      await agent.request("session/prompt", { sessionId, prompt: EVERY_BLOCK });
      await agent.request("session/load", { sessionId, cwd: "/w", mcpServers: [] });
      const told = updates.flatMap(({ update }) =>
        update.sessionUpdate === "user_message_chunk" ? [update] : [],
      );
      expect(told.map(({ content }) => content)).toEqual(EVERY_BLOCK);
      expect(new Set(told.map(({ messageId }) => messageId)).size).toBe(1);
    });
  });

  test("unstable: fork, set_title, archive and unarchive", async () => {
    const store = place.open();
    await asUnstableClient(store, async (agent) => {
      const { sessionId } = await agent.request("session/new", { cwd: "/w", mcpServers: [] });
      await store.append(sessionId, [Message.user("hello")]);
      expect(await agent.request("session/set_title", { sessionId, title: "  Named " })).toEqual({
        title: "Named",
      });
      await expect(agent.request("session/set_title", { sessionId, title: " " })).rejects.toMatchObject({
        code: -32602,
      });
      const fork = await agent.request("session/fork", { sessionId, cwd: "/fork" });
      expect(await store.load(fork.sessionId)).toMatchObject({ workspacePath: "/fork", messageCount: 1 });

      for (let again = 0; again < 2; again++) await agent.request("session/archive", { sessionId });
      const ids = async (archived?: string): Promise<string[]> => {
        const page = await agent.request("session/list", archived === undefined ? {} : { archived });
        return page.sessions.map((session) => session.sessionId);
      };
      expect(await ids()).toEqual([fork.sessionId]);
      expect(await ids("only")).toEqual([sessionId]);
      expect((await ids("include")).sort()).toEqual([fork.sessionId, sessionId].sort());
      for (let again = 0; again < 2; again++) await agent.request("session/unarchive", { sessionId });
      expect(await ids()).toHaveLength(2);
      expect(await store.summary(sessionId)).toMatchObject({ title: "Named", tags: [] });
      await expect(agent.request("session/archive", { sessionId: newSessionId() })).rejects.toMatchObject({
        code: -32002,
      });
    });
  });
});
