import type { SessionSummary } from "../../src/index.ts";
import type { SessionId } from "../../src/session/session-id.ts";
import { initialState, type PickerState, type Size } from "../../src/cli/picker/state.ts";
import { withSessions } from "../../src/cli/picker/happenings.ts";
import { withKey, type Key } from "../../src/cli/picker/keys.ts";
import type { Effect } from "../../src/cli/picker/state.ts";

const NOW = new Date("2026-06-01T12:00:00Z");

/** The id of the session with this number. */
export function idOf(number: number): SessionId {
  return `${String(number).padStart(8, "0")}-0000-4000-8000-000000000000` as SessionId;
}

/** A session; the higher its number, the longer ago it changed. */
export function session(number: number, more: Partial<SessionSummary> = {}): SessionSummary {
  const updatedAt = new Date(NOW.getTime() - number * 3_600_000).toISOString();
  return {
    id: idOf(number),
    takenOver: 0,
    title: `Session number ${number}`,
    ...{
      autoTitle: null,
      tags: [],
      userId: "0",
      createdAt: updatedAt,
      updatedAt,
      revision: 1,
      messageCount: 3,
    },
    ...{
      tokenCount: 0,
      takenOverTokens: 0,
      workspacePath: "/home/a/project",
      workspaceId: null,
      parentId: null,
      model: null,
    },
    ...{ prompts: null, branch: null },
    ...{ custom: {}, source: "claude-code", bytes: 1, lastMessagePreview: "the end", held: null },
    ...more,
  };
}

export function stateOf(
  sessions: readonly SessionSummary[],
  size: Size = { columns: 80, rows: 24 },
): PickerState {
  return withSessions({ ...initialState(size, NOW), activity: "" }, sessions);
}

/** Presses keys: `down`, `ctrl-r`, or a text that is typed. */
export function press(
  state: PickerState,
  ...keys: readonly string[]
): { state: PickerState; effects: Effect[] } {
  let now = state;
  const effects: Effect[] = [];
  for (const key of keys.flatMap(keysOf)) {
    const step = withKey(now, key);
    now = step.state;
    effects.push(...step.effects);
  }
  return { state: now, effects };
}

const NAMED = [
  "up",
  "down",
  "left",
  "right",
  "return",
  "escape",
  "backspace",
  "tab",
  "home",
  "end",
  "pagedown",
];

function keysOf(key: string): Key[] {
  if (NAMED.includes(key)) return [{ name: key, sequence: "\u001b" }];
  if (key === "shift-tab") return [{ name: "tab", sequence: "\u001b[Z" }];
  if (key.startsWith("ctrl-")) return [{ name: key.slice(5), ctrl: true, sequence: "\u0001" }];
  return Array.from(key, (sequence) => ({ name: sequence.toLowerCase(), sequence }));
}
