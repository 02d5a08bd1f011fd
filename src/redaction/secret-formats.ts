/** How sure a find is: `definite` goes by a form that only such a secret has, `candidate` by what stands around it. */
export type SecretTier = "definite" | "candidate";

/**
 * A form of secret. It begins with one of `prefixes`; `body` must match right behind it. Each body is a bounded number
 * of runs of one class each, none of which can go on where the next one begins: the time that a text takes is linear in
 * its length, whatever it holds.
 */
export interface SecretFormat {
  readonly name: string;
  readonly prefixes: readonly string[];
  /** Sticky. */
  readonly body: RegExp;
}

/** Longer runs than these are no keys; the bounds keep the time linear. */
const WORD = "[A-Za-z0-9]";
const DASHED = "[A-Za-z0-9_-]";

function format(name: string, prefixes: string | readonly string[], body: string): SecretFormat {
  const all = typeof prefixes === "string" ? [prefixes] : prefixes;
  return { name, prefixes: all, body: new RegExp(body, "y") };
}

/** A run of one class that ends where the class ends. */
function run(characters: string, least: number, most = 512): string {
  return `${characters}{${least},${most}}(?!${characters})`;
}

/**
 * The forms that vendors have given their keys and tokens, as their own pages and the rules of secret scanners
 * (GitHub's, secretlint's) describe them.
 */
export const DEFINITE_FORMATS: readonly SecretFormat[] = [
  format("anthropic-key", ["sk-ant-api", "sk-ant-admin", "sk-ant-oat", "sk-ant-sid"], run(DASHED, 40)),
  format("openai-key", ["sk-proj-", "sk-svcacct-", "sk-admin-"], run(DASHED, 40)),
  format("openai-key", "sk-", `${WORD}{20}T3BlbkFJ${run(WORD, 20, 20)}`),
  format("openrouter-key", "sk-or-v1-", run("[0-9a-f]", 64, 64)),
  format("aws-access-key-id", ["AKIA", "ASIA"], run("[A-Z0-9]", 16, 16)),
  format("github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], run(WORD, 36, 255)),
  format("github-token", "github_pat_", run("[A-Za-z0-9_]", 60, 255)),
  format("gitlab-token", ["glpat-", "gldt-", "glrt-", "glptt-"], run(DASHED, 20)),
  format("slack-token", ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-"], run("[A-Za-z0-9-]", 20)),
  format("slack-token", "xapp-", run("[A-Za-z0-9-]", 30)),
  format("slack-webhook", "hooks.slack.com/services/", run("[A-Za-z0-9/]", 30)),
  format("stripe-key", ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"], run(WORD, 16, 255)),
  format("google-api-key", "AIza", run(DASHED, 35, 35)),
  format("google-oauth-secret", "GOCSPX-", run(DASHED, 28, 28)),
  format("google-oauth-token", "ya29.", run(DASHED, 40, 2048)),
  format("npm-token", "npm_", run(WORD, 36, 36)),
  format("pypi-token", ["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"], run(DASHED, 40)),
  format("huggingface-token", "hf_", run("[A-Za-z]", 34, 40)),
  format("sendgrid-key", "SG.", `${DASHED}{22}\\.${run(DASHED, 43, 43)}`),
  format("groq-key", "gsk_", run(WORD, 48, 64)),
  format("xai-key", "xai-", run(WORD, 64, 128)),
  format("digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], run("[0-9a-f]", 64, 64)),
  format("docker-token", ["dckr_pat_", "dckr_oat_"], run(DASHED, 27, 64)),
  format("shopify-token", ["shpat_", "shpca_", "shppa_", "shpss_"], run("[0-9a-fA-F]", 32, 32)),
  format("linear-key", "lin_api_", run(WORD, 40, 40)),
  format("vault-token", ["hvs.", "hvb."], run(DASHED, 24)),
  format("age-secret-key", "AGE-SECRET-KEY-1", run("[0-9A-Z]", 58, 58)),
];

const ASSIGNED =
  "[A-Za-z0-9_-]{0,20}[\"'`]?[ \\t]{0,4}(?:=>|[:=])[ \\t]{0,4}[\"'`]?(?<value>[^\\s\"'`,;<>(){}\\[\\]$\\\\]{8,200})";

/** What is likely to be a secret; a person has to look. The secret itself is the group `value` where there is one. */
export const CANDIDATE_FORMATS: readonly SecretFormat[] = [
  format("jwt", "eyJ", `${DASHED}{10,4096}\\.eyJ${DASHED}{10,8192}\\.${run(DASHED, 16, 4096)}`),
  format("password-in-url", "://", "[^\\s:/@\"'`<>]{0,100}:(?<value>[^\\s:/@\"'`<>$\\{]{3,200})@"),
  ...[
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
  ].map((word) => format("assigned-secret", word, ASSIGNED)),
];
