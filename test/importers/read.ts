/** The path of a fixture in Claude Code's form. */
export function fixture(name: string): string {
  return new URL(`../fixtures/claude-code/${name}`, import.meta.url).pathname;
}
