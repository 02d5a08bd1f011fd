import { checkHead, EMPTY_HEAD, type SessionHead } from "./head.ts";
import type { Message } from "./message.ts";
import type { SessionMetadata } from "./metadata.ts";
import type { TokenEstimator } from "./summary/tokens.ts";

/** What a new session begins with. */
export interface AgentSessionOptions {
  /** Default: a new random id. */
  readonly id?: string | undefined;
  /** 16 hex digits, the user's key id. Default: zeros. */
  readonly userId?: string | undefined;
  readonly systemPrompt?: string | undefined;
  /** RFC 3339. Default: now. */
  readonly createdAt?: string | undefined;
  readonly workspacePath?: string | null | undefined;
  readonly workspaceId?: string | null | undefined;
  readonly model?: string | null | undefined;
  /** The session that this one is a sub-agent of. `child()` sets it by itself. */
  readonly parentId?: string | null | undefined;
  readonly metadata?: Partial<SessionMetadata> | undefined;
  readonly messages?: readonly Message[] | undefined;
  /** Default: `estimateTokens`, Astrid's estimate. */
  readonly estimateTokens?: TokenEstimator | undefined;
}

/**
 * The head of a new session.
 * @throws {InvalidSessionError} when an option has the wrong type.
 */
export function headFromOptions(options: AgentSessionOptions): SessionHead {
  const { userId, systemPrompt, workspacePath, workspaceId, model, parentId } = options;
  const head = {
    ...EMPTY_HEAD,
    ...defined({ userId, systemPrompt, workspacePath, workspaceId, model, parentId }),
    ...defined(options.metadata ?? {}),
    createdAt: options.createdAt ?? new Date().toISOString(),
  } as SessionHead;
  checkHead(head);
  return head;
}

/** The properties that have a value: an option that is given as `undefined` counts as left out. */
export function defined<T extends object>(source: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
