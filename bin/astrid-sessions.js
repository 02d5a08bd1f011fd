#!/usr/bin/env node
// Kept in syntax that old versions of Node can parse, so that they reach the message below.
var needed = "22.18.0";
var found = process.versions.node;

if (isOlder(found, needed)) {
  process.stderr.write(
    "astrid-sessions needs Node.js " +
      needed +
      " or newer, but this is Node.js " +
      found +
      " (" +
      process.execPath +
      "): install a newer Node.js from https://nodejs.org and run the command again.\n",
  );
  process.exitCode = 1;
} else {
  start();
}

function isOlder(version, than) {
  var a = version.split(".").map(Number);
  var b = than.split(".").map(Number);
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function start() {
  // In this way Node loads no part of itself that is not used.
  var fs = process.getBuiltinModule("node:fs");
  var module = process.getBuiltinModule("node:module");
  // What a start costs is compiling: Node keeps the result in the system's directory for temporary files.
  module.enableCompileCache();
  var built = new URL("../dist/cli/main.cjs", import.meta.url);
  var source = new URL("../src/cli/main.ts", import.meta.url);
  // A git checkout that was never built runs its sources: Node strips the types itself.
  if (!fs.existsSync(built) && fs.existsSync(source)) import(source.href);
  else module.createRequire(import.meta.url)("../dist/cli/main.cjs");
}
