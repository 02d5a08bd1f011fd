import { createHash } from "node:crypto";

/** What the conversation of the demonstration is called in the list. */
export const TITLE = "Invoices are one day off in Auckland";

type Step =
  | readonly ["you" | "says", string]
  | readonly ["call", name: string, input: Readonly<Record<string, string>>, result: string];

const PROJECT = "/home/dev/billing";

/** A conversation with a coding agent, written for this: a mistake is looked for, found, mended and tested. */
const STEPS: readonly Step[] = [
  ["you", "Customers in Auckland get invoices that are dated one day early. Can you find out why?"],
  ["says", "I'll look at where the date of an invoice is made."],
  [
    "call",
    "Grep",
    { pattern: "issuedOn", path: `${PROJECT}/src` },
    "src/invoice.ts:14\nsrc/invoice.ts:31\nsrc/pdf/header.ts:9",
  ],
  [
    "call",
    "Read",
    { file_path: `${PROJECT}/src/invoice.ts` },
    "export function issuedOn(invoice: Invoice): string {\n  return invoice.createdAt.toISOString().slice(0, 10);\n}",
  ],
  [
    "says",
    "`toISOString` gives the date in **UTC**. At nine in the morning in Auckland it is still the day before there.",
  ],
  [
    "call",
    "Bash",
    { command: "TZ=Pacific/Auckland node -p 'new Date(2026, 0, 5, 9).toISOString()'" },
    "2026-01-04T20:00:00.000Z",
  ],
  [
    "says",
    "That is it: the fifth of January becomes the fourth. Every customer east of Greenwich is affected in their morning; west of it, invoices of the evening are a day late.",
  ],
  ["you", "Good find. Does the customer have a time zone?"],
  [
    "call",
    "Grep",
    { pattern: "timeZone", path: `${PROJECT}/src` },
    "src/customer.ts:8:  /** IANA name; null for customers from before 2024. */\nsrc/customer.ts:9:  readonly timeZone: string | null;",
  ],
  [
    "says",
    "Yes, but it may be `null` for customers from before 2024. For those I would take the zone of the company's seat. Is that right?",
  ],
  ["you", "Yes, take Europe/Berlin for those. And write a test first."],
  [
    "call",
    "Write",
    {
      file_path: `${PROJECT}/test/issued-on.test.ts`,
      content:
        'import { expect, test } from "vitest";\nimport { issuedOn } from "../src/invoice.ts";\n\nconst at = new Date("2026-01-04T20:00:00Z");\n\ntest("an invoice has the date of its customer", () => {\n  expect(issuedOn(at, "Pacific/Auckland")).toBe("2026-01-05");\n  expect(issuedOn(at, "America/New_York")).toBe("2026-01-04");\n});\n\ntest("without a zone it is Berlin\'s", () => {\n  expect(issuedOn(new Date("2026-01-04T23:30:00Z"), null)).toBe("2026-01-05");\n});\n',
    },
    "File created.",
  ],
  [
    "call",
    "Bash",
    { command: "npx vitest run test/issued-on.test.ts" },
    " ✗ an invoice has the date of its customer\n ✗ without a zone it is Berlin's\n\n Tests  2 failed (2)",
  ],
  ["says", "Both fail, as they should. Now the mend."],
  [
    "call",
    "Edit",
    {
      file_path: `${PROJECT}/src/invoice.ts`,
      old_string:
        "export function issuedOn(invoice: Invoice): string {\n  return invoice.createdAt.toISOString().slice(0, 10);\n}",
      new_string:
        'const SEAT = "Europe/Berlin";\n\n/** The day on which an invoice was issued, where its customer is. */\nexport function issuedOn(at: Date, timeZone: string | null): string {\n  return new Intl.DateTimeFormat("en-CA", { timeZone: timeZone ?? SEAT }).format(at);\n}',
    },
    "The file was changed.",
  ],
  [
    "call",
    "Bash",
    { command: "npx vitest run test/issued-on.test.ts" },
    " ✓ an invoice has the date of its customer\n ✓ without a zone it is Berlin's\n\n Tests  2 passed (2)",
  ],
  [
    "call",
    "Bash",
    { command: "npx tsc --noEmit" },
    "src/pdf/header.ts(9,22): error TS2554: Expected 2 arguments, but got 1.",
  ],
  ["says", "The header of the PDF still calls it the old way."],
  [
    "call",
    "Edit",
    {
      file_path: `${PROJECT}/src/pdf/header.ts`,
      old_string: "issuedOn(invoice)",
      new_string: "issuedOn(invoice.createdAt, invoice.customer.timeZone)",
    },
    "The file was changed.",
  ],
  [
    "call",
    "Bash",
    { command: "npx tsc --noEmit && npx vitest run" },
    " Test Files  18 passed (18)\n      Tests  143 passed (143)",
  ],
  [
    "says",
    "Types and all 143 tests are green. What is **not** mended: invoices that were sent already keep their wrong date.",
  ],
  ["you", "How many are those? 日本のお客様もいます 🙂"],
  [
    "call",
    "Bash",
    {
      command:
        'psql billing -c "select c.time_zone, count(*) from invoices i join customers c on c.id = i.customer_id where (i.created_at at time zone c.time_zone)::date <> i.created_at::date group by 1"',
    },
    "    time_zone     | count\n------------------+-------\n Asia/Tokyo       |    41\n Pacific/Auckland |    17\n(2 rows)",
  ],
  [
    "says",
    "58 in all:\n\n| zone | invoices |\n| --- | ---: |\n| Asia/Tokyo | 41 |\n| Pacific/Auckland | 17 |\n\nI would not change what was sent, and list them for the accountant instead.",
  ],
  ["you", "Agreed. Put the list into a CSV and commit the rest."],
  [
    "call",
    "Bash",
    { command: "psql billing --csv -f wrong-dates.sql > wrong-dates.csv && wc -l wrong-dates.csv" },
    "59 wrong-dates.csv",
  ],
  [
    "call",
    "Bash",
    {
      command:
        "git add -A src test && git commit -qm 'Invoices have the date of their customer' && git log --oneline -1",
    },
    "4be71c2 Invoices have the date of their customer",
  ],
  [
    "says",
    "Done: `wrong-dates.csv` has the 58 invoices under a line of headings, and the mend is commit `4be71c2`.",
  ],
  ["you", "Thank you!"],
  [
    "says",
    "You're welcome. The accountant will want to know that the list ends today: invoices from now on are right.",
  ],
];

/** The conversation in Claude Code's form, always the same. */
export function demoTranscript(): string {
  const lines: string[] = [];
  let time = Date.parse("2026-01-05T09:00:00.000Z");
  let parentUuid: string | null = null;
  const add = (type: "user" | "assistant", content: unknown): void => {
    const uuid = idOf(lines.length);
    time += 4000 + 700 * (lines.length % 7);
    const message = { role: type, ...(type === "assistant" && { model: "example-model-1" }), content };
    const common = { parentUuid, isSidechain: false, cwd: PROJECT, sessionId: idOf(-1), gitBranch: "main" };
    lines.push(JSON.stringify({ ...common, type, message, uuid, timestamp: new Date(time).toISOString() }));
    parentUuid = uuid;
  };
  for (const step of STEPS) {
    if (step[0] === "you") add("user", step[1]);
    else if (step[0] === "says") add("assistant", [{ type: "text", text: step[1] }]);
    else {
      const [, name, input, result] = step;
      const id = `toolu_${idOf(lines.length).slice(0, 8)}`;
      add("assistant", [{ type: "tool_use", id, name, input }]);
      add("user", [{ type: "tool_result", tool_use_id: id, content: result }]);
    }
  }
  return `${lines.join("\n")}\n`;
}

function idOf(at: number): string {
  const hex = createHash("sha256").update(`demonstration ${at}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
