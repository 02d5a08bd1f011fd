import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { sqlite } from "../../src/sqlite.ts";
import { IndexWrites } from "./index-writes.ts";
import { elsewhere, filled } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("an index that another process writes to for seconds is waited for, not thrown away", async () => {
  using directory = temporaryDirectory();
  const place = join(directory.path, "sessions");
  const [id] = await filled(place, 3);
  const engine = new FileEngine(place);
  onTestFinished(() => engine.close());
  await engine.search({ text: "hello" });
  const file = join(place, "index.sqlite");
  const { ino } = statSync(file);

  const { DatabaseSync } = sqlite();
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  elsewhere(`
    const engine = new FileEngine(${JSON.stringify(place)});
    await engine.commit(${JSON.stringify(id)}, { set: { title: "meanwhile" } });
    await engine.close();`);
  using writes = new IndexWrites(file);
  const listed = engine.list({});
  await writes.until(({ refused }) => refused > 0);
  // One write waits for three seconds; the listing tries another one.
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 4000);
  onTestFinished(() => clock.mockRestore());
  const refused = writes.refused;
  await writes.until((one) => one.refused > refused + 1);
  other.close();
  expect((await listed).sessions.find((summary) => summary.id === id)?.title).toBe("meanwhile");
  expect(statSync(file).ino).toBe(ino);
});
