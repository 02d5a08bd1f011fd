import type { VNode } from "preact";
import { memo } from "./memo.ts";
import type { ShownMessage } from "../../shapes.ts";
import { clockTime, exactly, plainLine, short } from "../format.ts";
import { hrefOf } from "../address.ts";
import { Part } from "../parts/part.tsx";
import { Safely } from "./safely.tsx";
import { SubAgent } from "./sub-agent.tsx";

interface Props {
  readonly session: string;
  readonly revision: string | null;
  readonly message: ShownMessage;
  readonly isSelected: boolean;
  /** Which part holds what is looked for. */
  readonly wantedPart: number | undefined;
  readonly callOf: (
    id: string,
    before: number,
  ) => { readonly name: string; readonly at: string | null } | undefined;
}

/** A message, with who says it, when, and what it took. */
export const MessageItem = memo((props: Props): VNode => {
  const { session, revision, message, isSelected, wantedPart, callOf } = props;
  const { position, role, at, model, tokens, meta, compaction, subsession, parts } = message;
  const isQuiet =
    parts.length > 0 &&
    parts.every(({ type }) => type === "call" || type === "result" || type === "reasoning");
  const isResult = parts.some(({ type }) => type === "result");
  const kind = compaction ? "compaction" : meta ? "meta" : isResult ? "tool" : role;
  return (
    <article
      class={`message ${isQuiet ? "quiet-message" : ""} ${isSelected ? "selected" : ""}`}
      data-kind={/^[\w-]+$/.test(kind) ? kind : "other"}
      data-position={position}
      aria-label={`${nameOf(kind)}, message ${position}`}
    >
      <header class="message-head">
        <span class="role">{nameOf(kind)}</span>
        {model !== null && <span class="model">{plainLine(model)}</span>}
        {tokens !== null && (
          <span class="tokens" title="tokens: what the model was sent, and what it answered">
            {short(tokens.input)} → {short(tokens.output)} tokens
          </span>
        )}
        {at !== null && (
          <time dateTime={at} title={exactly(at)}>
            {clockTime(at)}
          </time>
        )}
        <a
          class="place"
          href={hrefOf({ session, at: String(position), ...(revision === null ? {} : { revision }) })}
          aria-label={`#${position}: link to this message`}
        >
          #{position}
        </a>
        <a
          class="place"
          href={`api/sessions/${session}/raw?position=${position}${revision === null ? "" : `&revision=${revision}`}`}
          target="_blank"
          rel="noopener"
          aria-label={`raw: message ${position} as it is stored`}
        >
          raw
        </a>
      </header>
      {parts.map((part, index) => (
        <Safely key={index} otherwise={<p class="attachment">(This cannot be drawn: see “raw”.)</p>}>
          <Part
            part={part}
            place={{ session, revision, position, part: index }}
            isWanted={wantedPart === index}
            call={
              part.type === "result" && part.callId !== null
                ? tookOf(callOf(part.callId, position), at)
                : undefined
            }
          />
        </Safely>
      ))}
      {parts.length === 0 && <p class="attachment">(empty)</p>}
      {subsession !== null && <SubAgent id={subsession} />}
    </article>
  );
});

function tookOf(
  call: { readonly name: string; readonly at: string | null } | undefined,
  end: string | null,
): { name: string; took: number | undefined } | undefined {
  if (call === undefined) return undefined;
  const took = call.at === null || end === null ? NaN : Date.parse(end) - Date.parse(call.at);
  return { name: call.name, took: took >= 0 ? took : undefined };
}

const NAMES: Readonly<Record<string, string>> = {
  user: "You",
  assistant: "Assistant",
  system: "System",
  tool: "Tool",
  meta: "Note",
  compaction: "Summary of what was before",
};

function nameOf(kind: string): string {
  return NAMES[kind] ?? plainLine(kind);
}
