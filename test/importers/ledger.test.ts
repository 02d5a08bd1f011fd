import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ImportRun } from "../../src/importers/import.ts";
import { ImportLedger } from "../../src/importers/store/import-ledger.ts";
import { importPlace } from "./place.ts";

const place = importPlace();
const OLD = new Date("2026-01-01T00:00:00.000Z");

function file(text: string): string {
  const record = {
    type: "user",
    sessionId: "22222222-2222-4333-8444-555555555555",
    uuid: "u",
    message: { role: "user", content: text },
  };
  const path = place.file([record]);
  utimesSync(path, OLD, OLD);
  return path;
}

test("a file that looks as it did is known; one of the same length and time of change that was edited is not", async () => {
  const ledger = join(place.base, "imports.sqlite");
  const path = file("one");
  const take = async (): Promise<string | undefined> => {
    const run = new ImportRun(place.store, { ledger });
    const { outcome } = await run.file(path);
    run.close();
    return outcome;
  };
  expect(await take()).toBe("created");
  const known = ImportLedger.open(ledger);
  expect(known?.known(path, statSync(path, { bigint: true }))).toMatchObject({
    format: "claude-code",
    lossy: false,
  });
  known?.close();
  expect(statSync(ledger).mode & 0o777).toBe(0o600);
  expect(await take()).toBe("unchanged");

  file("two");
  expect(await take()).toBe("rewritten");

  const [id] = await place.store.list();
  await place.store.delete(id ?? "");
  expect(await take()).toBe("created");

  writeFileSync(ledger, "damaged");
  expect(await take()).toBe("unchanged");
});

test("a file that was changed just now is not noted: it could be changed again unnoticed", () => {
  const ledger = ImportLedger.open(join(place.base, "imports.sqlite"));
  const path = place.file("x");
  const stat = statSync(path, { bigint: true });
  ledger?.note(path, stat, { format: null, sessionId: null, problemCount: 0, lossy: false });
  expect(ledger?.known(path, stat)).toBeUndefined();
  ledger?.close();
});
