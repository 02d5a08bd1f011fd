import type { Life } from "./session-model.ts";
import type { Step } from "./steps.ts";
import { groupsOf } from "./workspace-model.ts";

const DAY = 24 * 60 * 60 * 1000;
type Rule = Extract<Step, { do: "clean up" }>;

/** What a rule takes, and which sessions, each the head of its family, stay although it would. */
export function cleanedBy(
  rule: Rule,
  lives: ReadonlyMap<string, Life>,
  held: ReadonlySet<string>,
  now: number,
): { going: Set<string>; kept: Map<string, "held" | "pinned" | "newest"> } {
  const families = Map.groupBy(lives.keys(), (id) => rootOf(id, lives));
  const groups = groupsOf(lives);
  const timeOf = (root: string, members: readonly string[]): number => {
    if (rule.by === "created") return Date.parse(lives.get(root)?.createdAt ?? "");
    return Math.max(...members.map((id) => Date.parse(lives.get(id)?.updatedAt ?? "")));
  };
  const among = [...families]
    .filter(([root]) => rule.tag === undefined || lives.get(root)?.now.tags.includes(rule.tag) === true)
    .filter(([root]) => rule.workspace === undefined || groups.isIn(root, rule.workspace))
    .map(([root, members]) => ({ root, members, time: timeOf(root, members) }))
    .sort((left, right) => right.time - left.time || (left.root < right.root ? -1 : 1));
  const keep = rule.keep ?? (rule.maxBytes === undefined ? 0 : 1);
  const byCount = rule.days === undefined && rule.maxBytes === undefined && keep > 0;
  const counts = new Map<string | undefined, number>();
  const going = new Set<string>();
  const kept = new Map<string, "held" | "pinned" | "newest">();
  for (const { root, members, time } of among) {
    const group = groups.of(root);
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    const marks = members.map((id) =>
      held.has(id) ? "held" : lives.get(id)?.now.pinned === true ? "pinned" : undefined,
    );
    const isNewest = count <= keep;
    const isOld = rule.days !== undefined && time < now - rule.days * DAY;
    const isTaken = isOld || (byCount && !isNewest) || rule.maxBytes === 0;
    if (!isTaken) continue;
    const protection = marks.find((mark) => mark !== undefined) ?? (isNewest ? "newest" : undefined);
    if (protection !== undefined) kept.set(root, protection);
    else for (const id of members) going.add(id);
  }
  return { going, kept };
}

/** Whether a rule says of sessions at all what goes. */
export function takesSessions({ days, keep = 0, maxBytes }: Rule): boolean {
  return days !== undefined || maxBytes !== undefined || keep > 0;
}

function rootOf(id: string, lives: ReadonlyMap<string, Life>): string {
  const parent = lives.get(id)?.parentId ?? null;
  return parent === null || !lives.has(parent) ? id : rootOf(parent, lives);
}
