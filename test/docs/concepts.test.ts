import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { conceptPictures } from "./concept-pictures.ts";
import { ROOT } from "./subpaths.ts";

// `npx vitest run test/docs/concepts.test.ts -u` draws them anew.
test("the pictures of docs/concepts.md are what a store does today, and the page shows each", async () => {
  const page = readFileSync(join(ROOT, "docs/concepts.md"), "utf8");
  for (const [name, svg] of Object.entries(await conceptPictures())) {
    await expect(svg).toMatchFileSnapshot(join(ROOT, `docs/concepts/${name}.svg`));
    expect(page).toContain(`](concepts/${name}.svg)`);
  }
});
