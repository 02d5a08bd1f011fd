import { randomInt } from "node:crypto";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const WORD = LOWER + LOWER.toUpperCase() + DIGITS;
const UPPER_WORD = LOWER.toUpperCase() + DIGITS;

/** So many characters of an alphabet, drawn by chance. */
export function drawn(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** One text of several. Put together here, so that no scanner takes this file for a leak. */
function joined(...parts: readonly string[]): string {
  return parts.join("");
}

/** A secret of each definite form, made up anew each time. */
export const SAMPLES: readonly { format: string; make: () => string }[] = [
  ["anthropic-key", () => joined("sk-ant-", "api03", "-", drawn(WORD, 93), "AA")],
  ["openai-key", () => joined("sk-", "proj", "-", drawn(WORD, 74), "T3BlbkFJ", drawn(WORD, 74))],
  ["openai-key", () => `sk-${drawn(WORD, 20)}T3BlbkFJ${drawn(WORD, 20)}`],
  ["openrouter-key", () => joined("sk-or-", "v1", "-", drawn("0123456789abcdef", 64))],
  ["aws-access-key-id", () => joined("AK", "IA", drawn(UPPER_WORD, 16))],
  ["github-token", () => joined("gh", "p_", drawn(WORD, 36))],
  ["github-token", () => joined("github", "_pat_", drawn(WORD, 22), "_", drawn(WORD, 59))],
  ["gitlab-token", () => joined("gl", "pat-", drawn(WORD, 20))],
  ["slack-token", () => joined("xo", "xb-", drawn(DIGITS, 12), "-", drawn(DIGITS, 12), "-", drawn(WORD, 24))],
  [
    "slack-webhook",
    () =>
      joined(
        "hooks.slack",
        ".com/services/",
        "T",
        drawn(UPPER_WORD, 8),
        "/B",
        drawn(UPPER_WORD, 8),
        "/",
        drawn(WORD, 24),
      ),
  ],
  ["stripe-key", () => joined("sk_", "live_", drawn(WORD, 24))],
  ["google-api-key", () => joined("AI", "za", drawn(WORD, 35))],
  ["google-oauth-secret", () => joined("GOC", "SPX-", drawn(WORD, 28))],
  ["google-oauth-token", () => joined("ya", "29.", drawn(WORD, 120))],
  ["npm-token", () => joined("np", "m_", drawn(WORD, 36))],
  ["pypi-token", () => joined("pypi-", "AgEIcHlwaS5vcmc", drawn(WORD, 120))],
  ["huggingface-token", () => joined("h", "f_", drawn(LOWER + LOWER.toUpperCase(), 34))],
  ["sendgrid-key", () => joined("S", "G.", drawn(WORD, 22), ".", drawn(WORD, 43))],
  ["groq-key", () => joined("gs", "k_", drawn(WORD, 52))],
  ["xai-key", () => joined("xa", "i-", drawn(WORD, 80))],
  ["digitalocean-token", () => joined("dop", "_v1_", drawn("0123456789abcdef", 64))],
  ["docker-token", () => joined("dckr", "_pat_", drawn(WORD, 27))],
  ["shopify-token", () => joined("shp", "at_", drawn("0123456789abcdef", 32))],
  ["linear-key", () => joined("lin", "_api_", drawn(WORD, 40))],
  ["vault-token", () => joined("hv", "s.", drawn(WORD, 24))],
  ["age-secret-key", () => joined("AGE-SECRET-", "KEY-1", drawn(UPPER_WORD, 58))],
  ["private-key", () => pem("RSA PRIVATE KEY", 20)],
  ["private-key", () => pem("OPENSSH PRIVATE KEY", 6)],
].map(([format, make]) => ({ format: format as string, make: make as () => string }));

function pem(name: string, lines: number): string {
  const body = Array.from({ length: lines }, () => drawn(`${WORD}+/`, 64)).join("\n");
  return joined("-----BEGIN ", name, "-----\n", body, "\n-----", "END", " ", name, "-----");
}
