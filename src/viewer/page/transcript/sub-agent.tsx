import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MessagePage, ShownMessage } from "../../shapes.ts";
import { hrefOf } from "../address.ts";
import { counted } from "../format.ts";
import { Fold } from "../parts/fold.tsx";
import { ask } from "../server.ts";
import { MessageItem } from "./message-item.tsx";

const SHOWN = 60;

/** The conversation of a sub-agent, below the answer that it gave. */
export function SubAgent({ id }: { id: string }): VNode {
  return (
    <Fold class="sub-agent" isWanted={false} head={<span class="fold-label">Sub-agent’s conversation</span>}>
      {() => <Conversation id={id} />}
    </Fold>
  );
}

function Conversation({ id }: { id: string }): VNode {
  const [page, setPage] = useState<MessagePage | Error | undefined>();
  useEffect(() => {
    ask<MessagePage>(`sessions/${id}/messages?from=0&limit=${SHOWN}`).then(setPage, setPage);
  }, [id]);
  if (page === undefined) return <p>Reading …</p>;
  if (page instanceof Error) return <p>{page.message}</p>;
  const { messages, messageCount } = page;
  return (
    <>
      {messages.map((message) => (
        <MessageItem
          key={message.position}
          {...{ session: id, revision: null, message, isSelected: false, wantedPart: undefined }}
          callOf={callIn(messages)}
        />
      ))}
      <p>
        <a href={hrefOf({ session: id })}>
          {messages.length < messageCount
            ? `All of it, ${counted(messageCount, "message")}`
            : "On a page of its own"}
        </a>
      </p>
    </>
  );
}

function callIn(messages: readonly ShownMessage[]) {
  return (id: string): { readonly name: string; readonly at: string | null } | undefined => {
    for (const { parts, at } of messages)
      for (const part of parts) if (part.type === "call" && part.id === id) return { name: part.name, at };
    return undefined;
  };
}
