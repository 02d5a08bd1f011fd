import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { storageCodeOf } from "../../home/workspace-id.ts";
import { InvalidArgumentError, SessionStoreError, StorageError } from "../../session/errors/errors.ts";

/** A file that is whole and on disk beside the place that it is for, and gets its name then. */
export class WrittenAside {
  readonly bytes: number;
  readonly #path: string;
  readonly #aside: string;
  readonly #sha256: string;
  #isOurs = false;

  private constructor(path: string, aside: string, bytes: number, sha256: string) {
    this.#path = path;
    this.#aside = aside;
    this.bytes = bytes;
    this.#sha256 = sha256;
  }

  /** @throws {StorageError} and whatever the content throws; then nothing is left. */
  static async write(path: string, content: AsyncIterable<Buffer>): Promise<WrittenAside> {
    const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(aside, "wx", 0o600);
      try {
        for await (const piece of content) {
          hash.update(piece);
          bytes += piece.length;
          await file.writeFile(piece);
        }
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(aside, { force: true });
      throw failed(path, error);
    }
    return new WrittenAside(path, aside, bytes, hash.digest("hex"));
  }

  /** What is in the place now. */
  async inPlace(): Promise<"nothing" | "same" | "others"> {
    try {
      const found = await lstat(this.#path);
      if (!found.isFile() || found.size !== this.bytes) return "others";
      const hash = createHash("sha256");
      for await (const piece of createReadStream(this.#path) as AsyncIterable<Buffer>) hash.update(piece);
      return hash.digest("hex") === this.#sha256 ? "same" : "others";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "nothing";
      throw failed(this.#path, error);
    }
  }

  /**
   * Gives the file its name, unless the same bytes have it.
   * @throws {InvalidArgumentError} when others have it by now.
   */
  async putInPlace(): Promise<"written" | "there"> {
    try {
      // Unlike a rename, a link never replaces what another process put there.
      await link(this.#aside, this.#path).catch(async (error: unknown) => {
        const { code } = error as NodeJS.ErrnoException;
        // A file system without hard links.
        if (code !== "EEXIST" && (await this.inPlace()) === "nothing") await rename(this.#aside, this.#path);
        else throw error;
      });
      this.#isOurs = true;
      return "written";
    } catch (error) {
      const found = await this.inPlace();
      if (found === "same") return "there";
      if (found === "others")
        throw new InvalidArgumentError(`${this.#path} is there and holds other bytes; nothing was written.`);
      throw failed(this.#path, error);
    }
  }

  /** The name is on disk. */
  async settle(): Promise<void> {
    if (!this.#isOurs || process.platform === "win32") return;
    const folder = await open(dirname(this.#path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Takes the name away again, when it was given here. */
  async takeBack(): Promise<void> {
    if (this.#isOurs) await rm(this.#path, { force: true });
    this.#isOurs = false;
  }

  async remove(): Promise<void> {
    await rm(this.#aside, { force: true });
  }
}

function failed(path: string, error: unknown): Error {
  if (error instanceof SessionStoreError) return error;
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const message = `${path} could not be written (${code}): free space, or make its folder writable. Nothing was written.`;
  return new StorageError(storageCodeOf(error), message, "not-stored", { cause: error });
}
