import type { SessionKey } from "@anthropic-ai/claude-agent-sdk";
import { derivedSessionId } from "../../importers/identity.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";

/**
 * The id under which the store keeps what the SDK keeps under a key: always the same for the same key, another one for
 * any other key, whatever characters are in it.
 * @throws {InvalidArgumentError} when a part of the key is missing or empty.
 */
export function claudeSessionId(key: SessionKey): SessionId {
  const { projectKey, sessionId, subpath } = key;
  checkPart(projectKey, "projectKey");
  checkPart(sessionId, "sessionId");
  if (subpath === undefined) return derivedSessionId("claude-agent-sdk", projectKey, sessionId);
  checkPart(subpath, "subpath");
  return derivedSessionId("claude-agent-sdk", projectKey, sessionId, subpath);
}

/** The tag that all sessions of a project carry, so that they can be listed. */
export function projectTag(projectKey: string): string {
  checkPart(projectKey, "projectKey");
  return `claude-project:${projectKey}`;
}

function checkPart(value: unknown, name: string): void {
  if (typeof value !== "string" || value === "")
    throw new InvalidArgumentError(`A key's ${name} must be a string that is not empty.`);
}
