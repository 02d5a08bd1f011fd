import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Child } from "../../../src/conformance/child.ts";
import { SessionStore } from "../../../src/index.ts";
import { storedSession, temporaryDirectory } from "../../file/temporary-store.ts";
import { call, spawnServer } from "./connect.ts";
import { COMMAND } from "../../command.ts";

test("a server process: lists, reads, and ends when its client goes", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 3);
  const { client, transport } = await spawnServer(directory);
  expect((await call(client, "list_sessions")).value.sessions).toMatchObject([{ id, title: "Kept" }]);
  expect((await call(client, "read_session", { id })).value.messages).toHaveLength(3);
  expect((await client.listTools()).tools).toHaveLength(3);
  const { pid } = transport;
  await client.close();
  while (isRunning(pid)) await setTimeout(5);
});

test("nothing but protocol on standard output, whatever the store reports", async () => {
  const directory = temporaryDirectory();
  await storedSession(directory, 1);
  const child = new Child([COMMAND, "--store", directory, "mcp"]);
  const { stdin } = child.process;
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  };
  const request = (id: number, method: string, of: object): string =>
    `${JSON.stringify({ jsonrpc: "2.0", id, method, params: of })}\n`;
  stdin.write(request(1, "initialize", params));
  stdin.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}\nthis is no JSON\n`);
  stdin.write(request(2, "tools/call", { name: "list_sessions", arguments: {} }));
  await child.line(/"id":2/);
  stdin.end();
  const out = await child.output();
  for (const line of out.split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
});

test("kill -9: every append that was answered is there", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 1);
  const { client, transport } = await spawnServer(directory, "--write");
  const answered: string[] = [];
  const enough = Promise.withResolvers<undefined>();
  const appending = (async () => {
    for (let index = 0; ; index++) {
      await call(client, "append_message", { id, role: "user", text: `append ${index}` });
      answered.push(`append ${index}`);
      if (answered.length > 20) enough.resolve(undefined);
    }
  })();
  await Promise.race([enough.promise, appending]);
  process.kill(transport.pid as number, "SIGKILL");
  await expect(appending).rejects.toThrow();
  await using store = new SessionStore(directory);
  const stored = (await store.load(id))?.messages.map(({ content }) => content).slice(1) ?? [];
  expect(stored.slice(0, answered.length)).toEqual(answered);
  expect(stored.length - answered.length).toBeLessThanOrEqual(1);
});

test("without the SDK: one sentence with the command to install it", () => {
  // The package is not to be found, as where it was never installed.
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      const parentURL = name.startsWith("@modelcontextprotocol/sdk") ? "file:///" : context.parentURL;
      return next(name, { ...context, parentURL });
    } });`;
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(hook)}`,
    COMMAND,
    "--store",
    "memory:",
    "mcp",
  ];
  const plain = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([plain.status, plain.stdout]).toEqual([1, ""]);
  expect(plain.stderr.trim().split("\n")).toHaveLength(1);
  expect(plain.stderr).toContain(
    "npm install @modelcontextprotocol/sdk (with -g, where astrid-sessions was installed with -g)",
  );
});

function isRunning(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
}
