import { agent, client, type ClientContext, type SessionNotification } from "@agentclientprotocol/sdk";
import * as unstable from "@agentclientprotocol/sdk/unstable";
import { acpSessions } from "../../../src/adapters/acp/index.ts";
import { Message, projectMessage, type SessionStore } from "../../../src/index.ts";

/** Runs `work` as a client of an agent that keeps its sessions in the store and repeats what it is told. */
export async function asClient<T>(
  store: SessionStore,
  work: (agent: ClientContext, updates: SessionNotification[]) => Promise<T>,
): Promise<T> {
  const sessions = acpSessions(store);
  const app = sessions
    .register(agent({ name: "echo" }))
    .onRequest("initialize", ({ params: { protocolVersion } }) => ({
      protocolVersion,
      agentCapabilities: { loadSession: true, sessionCapabilities: sessions.capabilities },
    }))
    .onRequest("session/prompt", async ({ params }) => {
      await sessions.storePrompt(params);
      const { text } = projectMessage(Message.from({ role: "user", content: params.prompt }));
      await store.append(params.sessionId, [Message.assistant(`You said: ${text}`)]);
      return { stopReason: "end_turn" };
    });
  const updates: SessionNotification[] = [];
  return await client({ name: "test" })
    .onNotification("session/update", ({ params }) => {
      updates.push(params);
    })
    .connectWith(app, async (context) => {
      await context.request("initialize", { protocolVersion: 1, clientCapabilities: {} });
      return await work(context, updates);
    });
}

/** The same with the SDK's unstable entry point. */
export async function asUnstableClient<T>(
  store: SessionStore,
  work: (agent: unstable.ClientContext) => Promise<T>,
): Promise<T> {
  const sessions = acpSessions(store);
  const app = sessions
    .registerUnstable(unstable.agent({ name: "echo" }))
    .onRequest("initialize", ({ params: { protocolVersion } }) => ({
      protocolVersion,
      agentCapabilities: { loadSession: true, sessionCapabilities: sessions.unstableCapabilities },
    }));
  return await unstable.client({ name: "test" }).connectWith(app, async (context) => {
    await context.request("initialize", { protocolVersion: 1, clientCapabilities: {} });
    return await work(context);
  });
}
