import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Facet, FacetName, SessionList } from "../../shapes.ts";
import { go, type Address } from "../address.ts";
import { lastOf, plainLine, short } from "../format.ts";

const SHOWN = 8;

const TITLES: readonly (readonly [FacetName, string])[] = [
  ["state", "State"],
  ["source", "Agent"],
  ["project", "Project"],
  ["branch", "Branch"],
  ["model", "Model"],
  ["tag", "Tag"],
  ["changed", "Changed within"],
  ["day", "Changed last on"],
];

const WORDS: Readonly<Record<string, string>> = {
  current: "not archived",
  day: "a day",
  week: "a week",
  month: "30 days",
  year: "a year",
};
const AGES = ["day", "week", "month", "year"];

type AllFacets = SessionList["facets"];

/** The counts of some sessions and of others. */
export function added(some: AllFacets, others: AllFacets): AllFacets {
  const sums = TITLES.map(([name]): [FacetName, Facet] => {
    const counts = new Map(some[name]);
    for (const [value, count] of others[name]) counts.set(value, (counts.get(value) ?? 0) + count);
    return [name, [...counts].sort(([, a], [, b]) => b - a)];
  });
  return Object.fromEntries(sums) as AllFacets;
}

/** What the list can be narrowed by, with how many sessions each choice would show. */
export function Facets({ facets, address }: { facets: AllFacets; address: Address }): VNode {
  return (
    <div class="facets">
      {TITLES.map(([name, title]) => (
        <FacetBox key={name} name={name} title={title} facet={facets[name]} address={address} />
      ))}
    </div>
  );
}

interface Props {
  readonly name: FacetName;
  readonly title: string;
  readonly facet: Facet;
  readonly address: Address;
}

function FacetBox({ name, title, facet, address }: Props): VNode | null {
  const [isWhole, setWhole] = useState(false);
  const chosen = address.getAll(name);
  // What was chosen stays to be unchosen, also when nothing has it any more.
  const gone = chosen.filter((value) => !facet.some(([known]) => known === value));
  // Of days there are too many to choose from here: the overview has them.
  if (name === "day" && chosen.length === 0) return null;
  const all = [...gone.map((value) => [value, 0] as const), ...facet];
  if (name === "changed") all.sort(([a], [b]) => AGES.indexOf(a) - AGES.indexOf(b));
  if (all.length === 0 || (all.length === 1 && chosen.length === 0 && name !== "state")) return null;
  const shown = isWhole
    ? all
    : all.filter(([value], at) => (at < SHOWN && name !== "day") || chosen.includes(value));
  return (
    <fieldset class="facet">
      <legend>{title}</legend>
      {shown.map(([value, count]) => (
        <label key={value} title={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() => go(toggled(address, name, value))}
          />
          <span class="facet-value">
            {wordFor(name, value, (path) => all.filter(([one]) => lastOf(one) === path).length > 1)}
          </span>
          <span class="count">{short(count)}</span>
        </label>
      ))}
      {shown.length < all.length && name !== "day" && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          {all.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}

function toggled(address: Address, name: FacetName, value: string): Address {
  const next = new URLSearchParams(address);
  const chosen = next.getAll(name);
  next.delete(name);
  // An age holds those below it: one is enough.
  const others = name === "changed" ? [] : chosen.filter((one) => one !== value);
  for (const one of chosen.includes(value) ? others : [...others, value]) next.append(name, one);
  return next;
}

/** @param isShared whether several projects end with a name: then the one above it is told too. */
function wordFor(name: FacetName, value: string, isShared: (last: string) => boolean): string {
  if (value === "") return `no ${name}`;
  if (name === "project") return plainLine(lastOf(value, isShared(lastOf(value)) ? 2 : 1));
  return WORDS[value] ?? plainLine(value);
}
