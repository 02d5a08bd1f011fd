import { expect, test } from "vitest";
import { parseMessage } from "../../src/session/message.ts";
import { jsonText } from "../../src/session/json/json.ts";
import { redactJsonText, redactMessage, redactSecrets } from "../../src/redaction/redact.ts";
import { SAMPLES } from "./sample-secrets.ts";

const TOKEN = SAMPLES.find(({ format }) => format === "github-token")?.make() ?? "";

test("a text without a secret stays the very same; of others only the secret goes", () => {
  expect(redactSecrets("nothing")).toBe("nothing");
  expect(redactSecrets(`a ${TOKEN} b ${TOKEN}`)).toBe("a [redacted:github-token] b [redacted:github-token]");
});

test("a message is redacted wherever it holds text, and keeps everything else to the letter", () => {
  const text = `{"role":"assistant","content":[{"id":"1","name":"curl","arguments":{"n":9007199254740993,"x":1.0,"headers":["Bearer ${TOKEN}"],"${TOKEN}":"\\ud800 \\"quoted\\" \\\\"}}],"extra":null}`;
  const message = parseMessage(text);
  const redacted = redactMessage(message, redactSecrets);
  expect(jsonText(redacted)).toBe(text.replaceAll(TOKEN, "[redacted:github-token]"));
  expect(redactMessage(redacted, redactSecrets)).toBe(redacted);
});

test("each string is looked at as it reads, and alone", () => {
  const escaped = `{"a":"\\u${TOKEN.charCodeAt(0).toString(16).padStart(4, "0")}${TOKEN.slice(1)}"}`;
  expect(redactJsonText(escaped, redactSecrets)).toBe('{"a":"[redacted:github-token]"}');
  const parted = JSON.stringify([TOKEN.slice(0, 20), TOKEN.slice(20)]);
  expect(redactJsonText(parted, redactSecrets)).toBe(parted);
});
