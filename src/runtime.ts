// Imported before all else, so that a runtime which is too old is told so, not met by whatever it lacks first.

/** The oldest Node that has all that is used here: `engines` in package.json says the same. */
const NEEDED = "22.18.0";

const { node, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;

/** Bun and Deno tell of a Node that they are like; what they have is for the tests to say. */
if (bun === undefined && deno === undefined && node !== undefined && isOlder(node, NEEDED)) {
  throw new Error(
    `astrid-sessions needs Node.js ${NEEDED} or newer, but this is Node.js ${node} (${process.execPath}): ` +
      `install a newer Node.js from https://nodejs.org and start the program with it.`,
  );
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = than.split(".").map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
