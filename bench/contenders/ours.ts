import { AgentSession, SessionStore } from "../../src/index.ts";
import type { Contender } from "./contender.ts";

/** This package, as a user gets it. */
export const ours: Contender = {
  name: "astrid-sessions",
  survives: "power cut",
  async open(folder) {
    const store = new SessionStore(folder);
    return {
      async begin(id, messages) {
        const session = new AgentSession({ id, systemPrompt: "You are helpful.", messages });
        await store.save(session);
        await store.checkpoint(session.id);
        return (turn) => {
          for (const message of turn) session.addMessage(message);
          return store.save(session);
        };
      },
      close: () => store.close(),
    };
  },
};
