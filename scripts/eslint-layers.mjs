// Which part of src/ may import which, which room of src/engine/file which other, and that the rooms of the commands know nothing of each other. A path is looked up by its
// first name under src/, so a layer may be a folder (src/store/) or a file (src/home.ts). A layer not listed here may
// import anything.
import { dirname, relative, resolve, sep } from "node:path";
import { isBuiltin } from "node:module";

const face = {
  may: ["index", "faces", "store", "session", "operations", "home", "importers", "exporters", "redaction"],
  builtins: true,
};

const layers = {
  // The session itself is pure: no file system, clock or process of its own.
  session: { may: [], builtins: false },
  redaction: { may: ["session"], builtins: false },
  engine: { may: ["session", "sqlite", "notifications"], builtins: true },
  operations: { may: ["engine", "session", "home", "redaction"], builtins: true },
  store: { may: ["operations", "engine", "session", "home", "redaction"], builtins: true },
  // What several faces share; it knows none of them.
  faces: { may: ["index", "store", "session"], builtins: false },
  cli: { ...face, may: [...face.may, "adapters", "viewer"] },
  importers: { ...face, may: [...face.may, "sqlite", "notifications"] },
  exporters: face,
  adapters: face,
  viewer: { ...face, may: [...face.may, "runtime"] },
};

// The rooms of src/engine/file. What lies in that folder itself (file-engine.ts) stands above and may import any.
const room = {
  disk: [],
  packed: ["disk"],
  journal: ["disk", "packed"],
  checkpoint: ["disk", "journal"],
  lease: ["disk"],
  read: ["disk", "journal", "checkpoint"],
  write: ["disk", "packed", "journal", "checkpoint", "read", "lease"],
  rewrite: ["disk", "packed", "journal", "checkpoint", "read", "lease", "write"],
  repair: ["disk", "packed", "journal", "checkpoint", "read", "write"],
  index: ["disk", "journal", "checkpoint", "read"],
};

/** A writer tells the index what it saved: its shape is all that the index may know of writing. */
const toldToIndex = "write/own-save.ts";

/**
 * The viewer's page runs in a browser: of this package it knows what it and the server say to each other, and what there
 * is to know of a call of a tool.
 */
const shapes = "viewer/shapes.ts";
const calls = "session/calls";
const json = "session/json/json.ts";

const src = resolve(import.meta.dirname, "..", "src");
const files = resolve(src, "engine", "file");
const page = resolve(src, "viewer", "page");
/** In rooms by what one wants to do. None knows another: what two of them need lies elsewhere in src/cli. */
const commands = resolve(src, "cli", "commands");

/** "store" for src/store/a.ts and for src/store.ts; undefined outside src/. */
function layerOf(path) {
  const inside = relative(src, path);
  if (inside.startsWith("..")) return undefined;
  return inside.split(sep)[0].replace(/\.ts$/, "");
}

/** "journal" for src/engine/file/journal/a.ts; undefined outside the rooms. */
function roomOf(path) {
  const [first] = relative(files, path).split(sep);
  return Object.hasOwn(room, first) ? first : undefined;
}

/** "find" for src/cli/commands/find/list.ts; undefined outside the rooms of the commands. */
function commandRoomOf(path) {
  const [first, file] = relative(commands, path).split(sep);
  return file === undefined || first === ".." ? undefined : first;
}

function isWithin(folder, path) {
  return !relative(folder, path).startsWith("..");
}

const rule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      layer: "src/{{from}} may not import {{to}} (see scripts/eslint-layers.mjs).",
      room: "src/engine/file/{{from}} may not import {{to}} (see scripts/eslint-layers.mjs).",
      command: "src/cli/commands/{{from}} may not import {{to}}: it lies in another room of the commands.",
      page: "src/viewer/page may not import {{to}}: it runs in a browser.",
      builtin: "src/{{from}} may not import {{to}}: this layer does no input or output of its own.",
    },
  },
  create(context) {
    const from = layerOf(context.filename);
    const rules = from === undefined ? undefined : layers[from];
    if (!rules) return {};

    const fromRoom = roomOf(context.filename);

    function checkRoom(source, target, isType) {
      const isAbove = dirname(target) === files;
      const toRoom = roomOf(target);
      if (fromRoom === undefined || toRoom === fromRoom || (toRoom === undefined && !isAbove)) return;
      if (room[fromRoom].includes(toRoom)) return;
      if (fromRoom === "index" && isType && target === resolve(files, toldToIndex)) return;
      const to = relative(files, target).split(sep).join("/");
      context.report({ node: source, messageId: "room", data: { from: fromRoom, to } });
    }

    /** The page's own files, what is known of calls, the shapes and values as types, and packages that are baked into it. */
    function isForPage(name, isType) {
      if (!name.startsWith(".")) return !isBuiltin(name);
      const target = resolve(dirname(context.filename), name);
      if (isWithin(page, target) || isWithin(resolve(src, calls), target)) return true;
      return isType && [shapes, json].some((path) => target === resolve(src, path));
    }

    function check(source, isType = false) {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const name = source.value;
      if (isWithin(page, context.filename) && !isForPage(name, isType)) {
        context.report({ node: source, messageId: "page", data: { to: name } });
      }
      if (!name.startsWith(".")) {
        if (!rules.builtins && isBuiltin(name)) {
          context.report({ node: source, messageId: "builtin", data: { from, to: name } });
        }
        return;
      }
      const target = resolve(dirname(context.filename), name);
      checkRoom(source, target, isType);
      const [fromCommand, toCommand] = [commandRoomOf(context.filename), commandRoomOf(target)];
      if (fromCommand !== undefined && toCommand !== undefined && fromCommand !== toCommand) {
        const shown = relative(commands, target).split(sep).join("/");
        context.report({ node: source, messageId: "command", data: { from: fromCommand, to: shown } });
      }
      const to = layerOf(target);
      if (to === from || rules.may.includes(to)) return;
      const shown = to === undefined ? name : `src/${to}`;
      context.report({ node: source, messageId: "layer", data: { from, to: shown } });
    }

    return {
      ImportDeclaration: (node) => check(node.source, node.importKind === "type"),
      ExportNamedDeclaration: (node) => check(node.source, node.exportKind === "type"),
      ExportAllDeclaration: (node) => check(node.source, node.exportKind === "type"),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal, true),
    };
  },
};

export default { rules: { layers: rule } };
