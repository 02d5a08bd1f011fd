/** What became of a write that failed. */
export type Outcome =
  /** Nothing was stored; the session is as it was. */
  | "not-stored"
  /** The write may or may not survive: reload, or repeat it with the same operation id. */
  | "unknown";

/** Stable identifiers of every error that this package throws; each has an entry in docs/errors.md. */
export type ErrorCode =
  | "CONFLICT"
  | "CORRUPT_SESSION"
  | "DISK_FULL"
  | "DRIVER_MISSING"
  | "IMPORT_FAILED"
  | "INVALID_ARGUMENT"
  | "INVALID_HOME"
  | "INVALID_MESSAGE"
  | "INVALID_SESSION"
  | "INVALID_SESSION_ID"
  | "INVALID_STORED_MESSAGE"
  | "INVALID_WORKSPACE_ID"
  | "LEASE_LOST"
  | "LOCKED"
  | "NEWER_FORMAT"
  | "NEWER_SCHEMA"
  | "NOT_SUPPORTED"
  | "OPERATION_MISMATCH"
  | "PEER_MISSING"
  | "PEER_VERSION"
  | "PERMISSION_DENIED"
  | "READ_ONLY"
  | "READ_ONLY_SESSION"
  | "SESSION_HELD"
  | "SESSION_NOT_FOUND"
  | "SESSION_TOO_LARGE"
  | "STORAGE_FAILED"
  | "STORE_CLOSED"
  | "STORE_NOT_A_DIRECTORY"
  | "TIMED_OUT"
  | "TOO_MANY_OPEN_FILES"
  | "UNAVAILABLE"
  | "ZSTD_MISSING";

/**
 * The base of every error that this package throws. `code` is stable and documented in docs/errors.md; `message` is a
 * sentence that says what happened and what to do; `cause` is the error below, if there was one.
 */
export class SessionStoreError extends Error {
  override readonly name: string = "SessionStoreError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `INVALID_SESSION_ID`: the id is not a lower-case, hyphenated UUID. */
export class InvalidSessionIdError extends SessionStoreError {
  override readonly name = "InvalidSessionIdError";

  constructor(id: unknown) {
    const shown =
      typeof id === "string" ? JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}…` : id) : `a ${typeof id}`;
    super(
      "INVALID_SESSION_ID",
      `${shown} is not a session id: pass a lower-case UUID such as 1a2b3c4d-0000-4000-8000-000000000000.`,
    );
  }
}

/** `INVALID_MESSAGE`: what was given as a message is not `{role: string, content: JSON}`. */
export class InvalidMessageError extends SessionStoreError {
  override readonly name = "InvalidMessageError";

  constructor(detail: string, options?: ErrorOptions) {
    super("INVALID_MESSAGE", `Not a message: ${detail}. Nothing was changed.`, options);
  }
}

/** `INVALID_STORED_MESSAGE`: a message is stored well, but is not of the form that a framework's adapter reads. */
export class InvalidStoredMessageError extends SessionStoreError {
  override readonly name = "InvalidStoredMessageError";
  /** The session, by the name that the caller has for it. */
  readonly sessionId: string;
  readonly position: number;

  constructor(
    sessionId: string,
    position: number,
    messageId: string | undefined,
    expected: string,
    options?: ErrorOptions,
  ) {
    const named = messageId === undefined ? "" : ` (${JSON.stringify(messageId)})`;
    super(
      "INVALID_STORED_MESSAGE",
      `Message ${position}${named} of ${sessionId} is not ${expected}, or does not fit your schemas; see the cause. ` +
        `It is stored as it was saved: read it with store.messages, or bring it to the new form and save it.`,
      options,
    );
    this.sessionId = sessionId;
    this.position = position;
  }
}

/** `INVALID_SESSION`: a field of the session has a value that cannot be stored. */
export class InvalidSessionError extends SessionStoreError {
  override readonly name = "InvalidSessionError";

  constructor(detail: string, options?: ErrorOptions) {
    super("INVALID_SESSION", `The session cannot be stored: ${detail}. Nothing was changed.`, options);
  }
}

/** `INVALID_ARGUMENT`: a parameter is out of its range. */
export class InvalidArgumentError extends SessionStoreError {
  override readonly name = "InvalidArgumentError";

  constructor(detail: string, options?: ErrorOptions) {
    super("INVALID_ARGUMENT", detail, options);
  }
}

/** `INVALID_HOME`: there is no usable Astrid home: nothing names one, or what names it is not a plain absolute path. */
export class InvalidHomeError extends SessionStoreError {
  override readonly name = "InvalidHomeError";

  constructor(detail: string) {
    super(
      "INVALID_HOME",
      `${detail} Set ASTRID_HOME to an absolute path without "..", or pass a directory of your own.`,
    );
  }
}

/** `INVALID_WORKSPACE_ID`: a workspace's id file holds something else than a UUID. It is never overwritten. */
export class InvalidWorkspaceIdError extends SessionStoreError {
  override readonly name = "InvalidWorkspaceIdError";
  /** The file. */
  readonly path: string;

  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(
      "INVALID_WORKSPACE_ID",
      `${path} does not hold a workspace id: ${detail}. It was left as it is; put the right UUID there, or remove it.`,
      options,
    );
    this.path = path;
  }
}

/** `IMPORT_FAILED`: a file cannot be imported: it cannot be read, or it is no transcript that is known. */
export class ImportError extends SessionStoreError {
  override readonly name = "ImportError";
  readonly path: string;
  /** Why, as a phrase. */
  readonly detail: string;

  constructor(path: string, detail: string, options?: ErrorOptions) {
    super("IMPORT_FAILED", `${path} was not imported: ${detail}.`, options);
    this.path = path;
    this.detail = detail;
  }
}

/** `CONFLICT`: the session has moved on since the revision that the write was based on. Nothing was stored. */
export class ConflictError extends SessionStoreError {
  override readonly name = "ConflictError";
  readonly outcome: Outcome = "not-stored";
  readonly sessionId: string;
  /** The revision that the refused write was based on. */
  readonly expectedRevision: number;
  /** The revision that is current; 0 when the session does not exist (any more). */
  readonly currentRevision: number;

  constructor(sessionId: string, expectedRevision: number, currentRevision: number) {
    super("CONFLICT", conflictMessage(sessionId, expectedRevision, currentRevision));
    this.sessionId = sessionId;
    this.expectedRevision = expectedRevision;
    this.currentRevision = currentRevision;
  }
}

function conflictMessage(sessionId: string, expected: number, current: number): string {
  if (current === 0) {
    return (
      `Session ${sessionId} is not in the store (any more), but the write is based on its revision ${expected}. ` +
      `Nothing was stored; start a new session or restore this one.`
    );
  }
  if (expected === 0) {
    return `Session ${sessionId} exists already, at revision ${current}. Nothing was stored; load it, or use another id.`;
  }
  const base =
    current === expected
      ? `another revision ${expected}, of a history that was replaced`
      : `revision ${expected}`;
  return (
    `Session ${sessionId} is at revision ${current}, but the write is based on ${base}. ` +
    `Nothing was stored; load the session again and repeat the change.`
  );
}

/** `OPERATION_MISMATCH`: the operation id was used before for another change. Nothing was stored. */
export class OperationMismatchError extends SessionStoreError {
  override readonly name = "OperationMismatchError";
  readonly outcome: Outcome = "not-stored";
  readonly sessionId: string;
  readonly operationId: string;

  constructor(sessionId: string, operationId: string) {
    super(
      "OPERATION_MISMATCH",
      `Operation ${JSON.stringify(operationId)} of session ${sessionId} was stored before with other content. ` +
        `Nothing was stored; use a new operation id for a new change.`,
    );
    this.sessionId = sessionId;
    this.operationId = operationId;
  }
}

/** `SESSION_NOT_FOUND`: there is no session with this id. */
export class SessionNotFoundError extends SessionStoreError {
  override readonly name = "SessionNotFoundError";
  readonly sessionId: string;

  constructor(sessionId: string) {
    super("SESSION_NOT_FOUND", `There is no session ${sessionId} in this store.`);
    this.sessionId = sessionId;
  }
}

/** `CORRUPT_SESSION`: the stored bytes cannot be read as a session. They are left where they are. */
export class CorruptSessionError extends SessionStoreError {
  override readonly name = "CorruptSessionError";
  readonly sessionId: string;
  /** What is damaged and where, for a person. */
  readonly detail: string;

  constructor(sessionId: string, detail: string, options?: ErrorOptions) {
    super(
      "CORRUPT_SESSION",
      `Session ${sessionId} cannot be read: ${detail}. Its files are left untouched; ` +
        `"astrid-sessions doctor" shows what can be saved, "astrid-sessions doctor --repair" does it.`,
      options,
    );
    this.sessionId = sessionId;
    this.detail = detail;
  }
}

/** `NEWER_FORMAT`: the files were written by a newer version of this package. They are left untouched. */
export class NewerFormatError extends SessionStoreError {
  override readonly name = "NewerFormatError";
  readonly sessionId: string;
  readonly found: number;
  readonly supported: number;

  constructor(sessionId: string, found: number, supported: number) {
    super(
      "NEWER_FORMAT",
      `Session ${sessionId} is stored in format ${found}; this version reads up to format ${supported}. ` +
        `Update astrid-sessions to open it.`,
    );
    this.sessionId = sessionId;
    this.found = found;
    this.supported = supported;
  }
}

/** `NEWER_SCHEMA`: the database's tables were made by a newer version of this package. Nothing was changed. */
export class NewerSchemaError extends SessionStoreError {
  override readonly name = "NewerSchemaError";
  readonly found: number;
  readonly supported: number;

  constructor(schema: string, found: number, supported: number) {
    super(
      "NEWER_SCHEMA",
      `The tables in schema ${JSON.stringify(schema)} are of version ${found}; this version knows up to ${supported}. ` +
        `Update astrid-sessions to open them.`,
    );
    this.found = found;
    this.supported = supported;
  }
}

/** Said behind "npm install …": a command finds packages beside itself, and not those of the project it is called in. */
export const ALSO_GLOBALLY = "(with -g, where astrid-sessions was installed with -g)";

/** `DRIVER_MISSING`: a database URL was given, but the package that talks to such a database is not installed. */
export class DriverMissingError extends SessionStoreError {
  override readonly name = "DriverMissingError";

  constructor(what: string, install: string, options?: ErrorOptions) {
    super("DRIVER_MISSING", `${what} Install it: ${install} ${ALSO_GLOBALLY}`, options);
  }
}

/** `LOCKED`: another process kept the session's lock longer than the store waits. Nothing was stored. */
export class LockedError extends SessionStoreError {
  override readonly name = "LockedError";
  readonly outcome: Outcome = "not-stored";
  readonly sessionId: string;

  constructor(sessionId: string, waitedMilliseconds: number) {
    super(
      "LOCKED",
      `Another process has kept session ${sessionId} locked for ${Math.round(waitedMilliseconds)} ms. ` +
        `Nothing was stored; try again, or look for a stopped process that has it open.`,
    );
    this.sessionId = sessionId;
  }
}

/**
 * The storage below refused or failed: `DISK_FULL`, `READ_ONLY`, `PERMISSION_DENIED`, `TOO_MANY_OPEN_FILES`,
 * `STORE_NOT_A_DIRECTORY`, of a database `UNAVAILABLE` (no connection to be had) and `TIMED_OUT` (no answer in time), or
 * for anything else `STORAGE_FAILED`. `outcome` tells what became of the write.
 */
export class StorageError extends SessionStoreError {
  override readonly name = "StorageError";
  readonly outcome: Outcome;

  constructor(code: ErrorCode, message: string, outcome: Outcome, options?: ErrorOptions) {
    super(code, message, options);
    this.outcome = outcome;
  }
}

/** `STORE_CLOSED`: the store was closed before this call. */
export class StoreClosedError extends SessionStoreError {
  override readonly name = "StoreClosedError";

  constructor() {
    super("STORE_CLOSED", "This store is closed; open a new one.");
  }
}

/** `NOT_SUPPORTED`: the engine below cannot do this; its `capabilities` say so. */
export class NotSupportedError extends SessionStoreError {
  override readonly name = "NotSupportedError";

  constructor(what: string, engine: string) {
    super("NOT_SUPPORTED", `The ${engine} engine does not support ${what}.`);
  }
}

/** `READ_ONLY_SESSION`: what was given to `save` is a view of a session, for reading. Nothing was stored. */
export class ReadOnlySessionError extends SessionStoreError {
  override readonly name = "ReadOnlySessionError";
  readonly outcome: Outcome = "not-stored";
  readonly sessionId: string;

  constructor(sessionId: string) {
    super(
      "READ_ONLY_SESSION",
      `This view of session ${sessionId} was loaded for reading, with its last messages only or at an earlier revision. ` +
        `Nothing was stored; load the session without options to change it, add to it with append, or fork it.`,
    );
    this.sessionId = sessionId;
  }
}
