import { isAbsolute, join } from "node:path";
import { InvalidHomeError } from "../session/errors/errors.ts";

/** Variables of an environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The directory that holds everything of Astrid's on this machine. Nothing here touches the file system. */
export class AstridHome {
  /** The directory, absolute. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /**
   * `$ASTRID_HOME`, else `$HOME/.astrid` (on Windows `%USERPROFILE%\.astrid` where there is no `HOME`). An empty
   * variable counts as unset.
   * @throws {InvalidHomeError} when neither is set, is relative, or holds a `..` component.
   */
  static resolve(env: Environment = process.env): AstridHome {
    const own = env["ASTRID_HOME"];
    if (own) return new AstridHome(checked(own, "ASTRID_HOME"));
    const [name, home] = userHome(env);
    if (!home)
      throw new InvalidHomeError(
        "Neither ASTRID_HOME nor HOME is set, so there is no home to keep sessions in.",
      );
    return new AstridHome(join(checked(home, name), ".astrid"));
  }

  /** @throws {InvalidHomeError} when `path` is relative or holds a `..` component. */
  static fromPath(path: string): AstridHome {
    return new AstridHome(checked(path, "The home"));
  }

  /** Where sessions are kept: `<root>/sessions`. */
  get sessionsDir(): string {
    return join(this.root, "sessions");
  }
}

/** The user's own directory, and the variable that names it. */
export function userHome(env: Environment): readonly [name: string, path: string | undefined] {
  if (!env["HOME"] && process.platform === "win32") return ["USERPROFILE", env["USERPROFILE"]];
  return ["HOME", env["HOME"]];
}

function checked(path: string, name: string): string {
  if (!isAbsolute(path))
    throw new InvalidHomeError(`${name} is ${JSON.stringify(path)}, which is not an absolute path.`);
  if (path.split(/[/\\]/).includes("..")) {
    throw new InvalidHomeError(`${name} is ${JSON.stringify(path)}, which has a ".." in it.`);
  }
  return path;
}
