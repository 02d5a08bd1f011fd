import type { VNode } from "preact";
import { editIn, type Edit } from "../../../session/calls/edit.ts";
import type { DiffLine } from "../../../session/calls/line-diff.ts";
import type { Json } from "../../../session/json/json.ts";
import type { CutText, ShownAttachment, ShownPart } from "../../shapes.ts";
import { bytes, calm, duration, plainLine } from "../format.ts";
import { Code, languageOf } from "./code.tsx";
import { Fold } from "./fold.tsx";
import { useLongText, type PartPlace } from "./long-text.tsx";
import { Markdown } from "./markdown.tsx";

type PartOf<T extends ShownPart["type"]> = Extract<ShownPart, { readonly type: T }>;

interface Props {
  readonly part: ShownPart;
  readonly place: PartPlace;
  /** What is looked for stands in it. */
  readonly isWanted: boolean;
  /** How long the call took that a result is of, and what it was. */
  readonly call: { readonly name: string; readonly took: number | undefined } | undefined;
}

/** One thing that a message says. */
export function Part({ part, place, isWanted, call }: Props): VNode {
  switch (part.type) {
    case "text":
      return <Text part={part} place={place} />;
    case "reasoning":
      return (
        <Fold class="thinking" isWanted={isWanted} head={<Head label="Thinking" line={part.text} />}>
          {() => <Text part={part} place={place} />}
        </Fold>
      );
    case "call":
      return <Call part={part} place={place} isWanted={isWanted} />;
    case "result":
      return <Result part={part} place={place} isWanted={isWanted} call={call} />;
    case "attachment":
      return <Attachment attachment={part.attachment} place={place} />;
    case "other":
      return (
        <Fold class="other" isWanted={isWanted} head={<Head label="Other" line={part.text} />}>
          {() => <Plain text={part} place={place} language="json" />}
        </Fold>
      );
  }
}

function Text({ part, place }: { part: CutText; place: PartPlace }): VNode {
  const { shown, more } = useLongText(part, place);
  return (
    <div class="text" dir="auto">
      <Markdown text={shown} />
      {more}
    </div>
  );
}

function Plain({ text, place, language }: { text: CutText; place: PartPlace; language: string }): VNode {
  const { shown, more } = useLongText(text, place);
  return (
    <>
      <Code text={shown} language={language} />
      {more}
    </>
  );
}

const LINE = 300;

function Head({ label, line, note }: { label: string; line: string; note?: string | undefined }): VNode {
  return (
    <>
      <span class="fold-label">{label}</span>
      <span class="fold-line">{plainLine(line.slice(0, LINE))}</span>
      {note !== undefined && <span class="fold-note">{note}</span>}
    </>
  );
}

function Call({
  part,
  place,
  isWanted,
}: {
  part: PartOf<"call">;
  place: PartPlace;
  isWanted: boolean;
}): VNode {
  const input = part.text.length < part.total ? undefined : parsed(part.text);
  const edit = input === undefined ? undefined : editIn(input);
  const asks = part.awaitsApproval ? "awaits approval" : undefined;
  const note = edit === undefined ? asks : sizeOf(edit);
  return (
    <Fold
      class="call"
      isWanted={isWanted}
      head={<Head label={plainLine(part.name)} line={part.line} note={note} />}
    >
      {() =>
        edit !== undefined ? (
          <Diff lines={edit.lines} />
        ) : isFields(input) ? (
          <Fields input={input} />
        ) : (
          <Plain text={part} place={place} language="json" />
        )
      }
    </Fold>
  );
}

/** "+12 −3". */
function sizeOf({ added, removed }: Edit): string {
  const parts = [added > 0 ? `+${added}` : "", removed > 0 ? `−${removed}` : ""];
  return parts.filter((part) => part !== "").join(" ");
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function isFields(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

const LONGEST_FIELD = 20_000;

/** A text that is drawn whole, or its beginning and how much is missing. */
function beginning(text: string, most: number): string {
  const left = text.length - most;
  return calm(left <= 0 ? text : `${text.slice(0, most)}… (${bytes(left)} more: see “raw”)`);
}

/** What a tool is asked, a name and its value each; texts as they are, not as JSON. */
function Fields({ input }: { input: Readonly<Record<string, unknown>> }): VNode {
  const paths = Object.values(input).filter((value) => typeof value === "string");
  const path = paths.find((value) => /\.\w+$/.test(value)) ?? "";
  return (
    <dl class="fields">
      {Object.entries(input).map(([name, value]) => {
        const whole = typeof value === "string" ? value : JSON.stringify(value, undefined, 1);
        const text = beginning(whole, LONGEST_FIELD);
        const isLong = text.length > 80 || text.includes("\n");
        const language = /^(?:command|cmd)$/.test(name) ? "bash" : languageOf(path);
        return (
          <div key={name}>
            <dt>{plainLine(name)}</dt>
            <dd>{isLong ? <Code text={text} language={language} /> : <code>{text}</code>}</dd>
          </div>
        );
      })}
    </dl>
  );
}

const MOST_LINES = 1000;
const LONGEST_LINE = 2000;

function Diff({ lines }: { lines: readonly DiffLine[] }): VNode {
  return (
    <pre class="diff" tabIndex={0}>
      {lines.slice(0, MOST_LINES).map(({ sign, text }, index) => (
        <span
          key={index}
          class={`diff-${sign === "+" ? "add" : sign === "-" ? "del" : sign === "@" ? "place" : "same"}`}
        >
          {sign === "@" ? "" : `${sign} `}
          {beginning(text, LONGEST_LINE)}
          {"\n"}
        </span>
      ))}
      {lines.length > MOST_LINES && `… ${lines.length - MOST_LINES} more lines`}
    </pre>
  );
}

function Result({ part, place, isWanted, call }: Omit<Props, "part"> & { part: PartOf<"result"> }): VNode {
  const { isError, attachments } = part;
  // What took less is told by no agent exactly.
  const took = call?.took === undefined || call.took < 100 ? undefined : duration(call.took);
  const size = part.total > 2000 ? bytes(part.total) : undefined;
  const note = [size, took].filter((text) => text !== undefined).join(" · ");
  const line = part.text === "" ? (attachments.length > 0 ? "" : "(nothing)") : part.text;
  const label = isError ? "Error" : "Result";
  return (
    <>
      <Fold
        class={isError ? "result error" : "result"}
        isWanted={isWanted}
        head={<Head label={label} line={line} note={note === "" ? undefined : note} />}
      >
        {() => <Plain text={part} place={place} language="" />}
      </Fold>
      {attachments.map((attachment, index) => (
        <Attachment key={index} attachment={attachment} place={place} />
      ))}
    </>
  );
}

function Attachment({ attachment, place }: { attachment: ShownAttachment; place: PartPlace }): VNode {
  const { kind, mediaType, name, image } = attachment;
  const size = attachment.bytes === null ? undefined : bytes(attachment.bytes);
  const about = [plainLine(name ?? ""), mediaType ?? kind, size].filter(
    (text) => text !== undefined && text !== "",
  );
  if (image === null) return <p class="attachment">[{about.join(", ")}]</p>;
  const at = place.revision === null ? "" : `&revision=${place.revision}`;
  const url = `api/sessions/${place.session}/image?position=${place.position}&image=${image}${at}`;
  return (
    <p class="attachment">
      <a href={url} target="_blank" rel="noopener">
        <img src={url} alt={about.join(", ")} loading="lazy" />
      </a>
    </p>
  );
}
