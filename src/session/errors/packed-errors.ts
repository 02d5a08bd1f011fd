import { SessionStoreError } from "./errors.ts";

/** `ZSTD_MISSING`: the session is packed, or was to be, and this runtime has no zstd. Nothing was changed. */
export class ZstdMissingError extends SessionStoreError {
  override readonly name = "ZstdMissingError";
  readonly sessionId: string;

  constructor(sessionId: string, doing: "read" | "pack") {
    super(
      "ZSTD_MISSING",
      (doing === "read"
        ? `Session ${sessionId} is packed, and this runtime cannot unpack it: it has no zstd in node:zlib. `
        : `Session ${sessionId} cannot be packed: this runtime has no zstd in node:zlib. `) +
        `Nothing was changed. Use Node 22.15 or later, or a Bun or Deno that has it.`,
    );
    this.sessionId = sessionId;
  }
}
