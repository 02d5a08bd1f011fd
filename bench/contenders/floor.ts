import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import type { Contender } from "./contender.ts";

/** The least that a durable save can do: append the messages to an open file and sync it. */
export const awaitedFloor: Contender = {
  name: "floor: awaited write, awaited fdatasync",
  survives: "power cut",
  async open(folder) {
    const files: FileHandle[] = [];
    return {
      async begin(id, messages) {
        const file = await open(join(folder, id), "a", 0o600);
        files.push(file);
        await file.write(lines(messages));
        await file.sync();
        return async (turn) => {
          await file.write(lines(turn));
          await file.datasync();
        };
      },
      async close() {
        for (const file of files) await file.close();
      },
    };
  },
};

export const syncWriteFloor: Contender = {
  name: "floor: one writeSync, awaited fdatasync",
  survives: "power cut",
  async open(folder) {
    const descriptors: number[] = [];
    return {
      async begin(id, messages) {
        const descriptor = openSync(join(folder, id), "a", 0o600);
        descriptors.push(descriptor);
        writeSync(descriptor, lines(messages));
        await flush(descriptor);
        return (turn) => {
          writeSync(descriptor, lines(turn));
          return flush(descriptor);
        };
      },
      async close() {
        for (const descriptor of descriptors) closeSync(descriptor);
      },
    };
  },
};

export const FLOORS: readonly Contender[] = [awaitedFloor, syncWriteFloor];

function lines(messages: readonly Message[]): string {
  return `${JSON.stringify(messages)}\n`;
}

function flush(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
