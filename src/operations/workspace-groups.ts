import { isAbsolute } from "node:path";
import {
  detectWorkspace,
  isDirectory,
  Marks,
  placeAt,
  placeAsWritten,
  realPathOf,
} from "../home/detect-workspace.ts";
import { isOwnPath } from "../home/own-path.ts";
import type { SessionSummary } from "../session/summary/summary.ts";

/** Where a session says that it belongs. */
export type Belonging = Pick<SessionSummary, "workspacePath" | "workspaceId">;

/** What is at a path now. */
export interface Place {
  /** Whether a directory is there; `null` where this machine cannot tell. */
  readonly isThere: boolean | null;
  /** The workspace id that is there. */
  readonly id: string | undefined;
  /** What the path has in common with every other path of the same workspace. */
  readonly key: string;
}

/** Looks at paths, each once. */
export class Places {
  readonly #marks = new Marks();
  readonly #known = new Map<string, Promise<Place>>();

  /** What is at a path that a session has. A relative one leads nowhere: nobody knows from where. */
  at(path: string): Promise<Place> {
    let place = this.#known.get(path);
    if (place === undefined) this.#known.set(path, (place = this.#look(path)));
    return place;
  }

  async #look(path: string): Promise<Place> {
    if (!isAbsoluteHere(path)) return { isThere: null, id: undefined, key: placeAsWritten(path) };
    // Of a directory that is gone, what lies above says nothing: another project may be there by now.
    if (!(await isDirectory(path)))
      return { isThere: false, id: undefined, key: placeAt(await realPathOf(path)) };
    const { id, place } = await detectWorkspace(path, this.#marks);
    return { isThere: true, id: typeof id === "string" ? id : undefined, key: place };
  }
}

/**
 * Which of the places and ids that sessions have are one workspace: by the id, by git's common directory, by the real
 * path. An id that is known at a place where no other is known, and none is there now, is that place's; where several
 * are known, they stay apart.
 */
export class WorkspaceGroups {
  readonly places: Places;
  readonly #at = new Map<string, Place>();
  readonly #parents = new Map<string, string>();

  private constructor(places: Places) {
    this.places = places;
  }

  static async of(all: Iterable<Belonging>, places = new Places()): Promise<WorkspaceGroups> {
    const groups = new WorkspaceGroups(places);
    const paths = new Set<string>();
    const belongings = [...all];
    for (const { workspacePath } of belongings) if (workspacePath !== null) paths.add(workspacePath);
    for (const path of paths) groups.#see(path, await places.at(path));
    groups.#adopt(belongings);
    return groups;
  }

  /** Names the workspace that a session belongs to; `undefined` for none. */
  of({ workspacePath, workspaceId }: Belonging): string | undefined {
    if (workspaceId !== null) return this.#root(byId(workspaceId));
    const place = workspacePath === null ? undefined : this.#at.get(workspacePath);
    return place && this.#root(place.key);
  }

  /** Names the workspace at a place. */
  inPlace(place: Place): string {
    return this.#root(place.id === undefined ? place.key : byId(place.id));
  }

  /** Whether a session's workspace is where the session says: a directory, and no other workspace's. */
  isThere({ workspacePath, workspaceId }: Belonging): boolean | null {
    const place = workspacePath === null ? undefined : this.#at.get(workspacePath);
    if (place === undefined) return null;
    const isOthers = place.id !== undefined && workspaceId !== null && place.id !== workspaceId;
    return isOthers ? false : place.isThere;
  }

  #see(path: string, place: Place): void {
    this.#at.set(path, place);
    if (place.id !== undefined) this.#join(place.key, byId(place.id));
  }

  #adopt(belongings: readonly Belonging[]): void {
    const ids = new Map<string, Set<string>>();
    for (const { workspacePath, workspaceId } of belongings) {
      const place = workspacePath === null ? undefined : this.#at.get(workspacePath);
      if (place === undefined || workspaceId === null) continue;
      const known = ids.get(place.key) ?? new Set(place.id === undefined ? [] : [place.id]);
      ids.set(place.key, known.add(workspaceId));
    }
    for (const [key, known] of ids) {
      const [id, other] = known;
      if (id !== undefined && other === undefined) this.#join(key, byId(id));
    }
  }

  #join(left: string, right: string): void {
    this.#parents.set(this.#root(left), this.#root(right));
  }

  #root(key: string): string {
    let root = key;
    for (let above = this.#parents.get(root); above !== undefined && above !== root;) {
      root = above;
      above = this.#parents.get(root);
    }
    return root;
  }
}

function byId(id: string): string {
  return `id:${id}`;
}

function isAbsoluteHere(path: string): boolean {
  return isOwnPath(path) && isAbsolute(path);
}
