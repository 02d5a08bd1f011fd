import { expect, test } from "vitest";
import { terminalPicture } from "../../scripts/terminal-svg.mjs";

const ESC = "\u001b[";

/** The texts of a picture: where each stands, how it looks, what it says. */
function textsOf(picture: string): string[] {
  return Array.from(picture.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g), ([, look, text]) => {
    const told = (look ?? "").replace(/ lengthAdjust="\w+"/, "");
    return `${(text ?? "").replaceAll("\u00a0", " ")} | ${told}`;
  });
}

test("a screen is drawn cell by cell: colours, what is bold, dim, inverse, and where it ends", () => {
  const line = `${ESC}1;31mred${ESC}0m plain ${ESC}2mdim${ESC}22m${ESC}7mback${ESC}27m`;
  const picture = terminalPicture("a title", [line], 40);
  expect(textsOf(picture)).toEqual([
    'red | x="14" y="28" fill="#ef6b73" font-weight="700" textLength="25.2"',
    ' plain  | x="39.2" y="28" fill="#d7dae0" textLength="58.8"',
    'dim | x="98" y="28" fill="#d7dae0" opacity="0.6" textLength="25.2"',
    'back | x="123.2" y="28" fill="#16181d" textLength="33.6"',
  ]);
  expect(picture).toContain('<rect x="123.2" y="14" width="33.6" height="19" fill="#d7dae0"/>');
  expect(picture).toContain("<title>a title</title>");
});

test("a wide character takes two cells, and each line stands under the one before", () => {
  const texts = textsOf(terminalPicture("", ["日本", `${ESC}32mx${ESC}39m`], 10));
  expect(texts).toEqual([
    '日本 | x="14" y="28" fill="#d7dae0" textLength="33.6"',
    'x | x="14" y="47" fill="#8cc570" textLength="8.4"',
  ]);
});

test("what is on the screen is text of the picture, whatever it is", () => {
  const picture = terminalPicture("<b>&", ["<script>&amp;</script>", "", "   "], 30);
  expect(picture).toContain("<title>&lt;b>&amp;</title>");
  expect(picture).toContain("&lt;script>&amp;amp;&lt;/script>");
  expect(textsOf(picture)).toHaveLength(1);
  expect(/ height="(\d+)"/.exec(picture)?.[1]).toBe("85");
  expect(picture.match(/viewBox="0 0 280 85"/)).not.toBe(null);
});
