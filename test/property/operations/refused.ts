import { expect } from "vitest";
import { SessionStoreError } from "../../../src/session/errors/errors.ts";

export async function refused(asked: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error && !(error instanceof SessionStoreError)) throw error;
  expect(codes).toContain((error as SessionStoreError | undefined)?.code);
}
