// Which part of src/ may import which. A path is looked up by its first name under src/, so a layer may be
// a folder (src/store/) or a file (src/home.ts). A layer not listed here may import anything.
import { dirname, relative, resolve, sep } from "node:path";
import { isBuiltin } from "node:module";

const face = { may: ["index", "store", "session", "home", "importers"], builtins: true };

const layers = {
  // The session itself is pure: no file system, clock or process of its own.
  session: { may: [], builtins: false },
  engine: { may: ["session"], builtins: true },
  store: { may: ["engine", "session", "home"], builtins: true },
  cli: { ...face, may: [...face.may, "adapters"] },
  importers: face,
  adapters: face,
  viewer: face,
};

const src = resolve(import.meta.dirname, "..", "src");

/** "store" for src/store/a.ts and for src/store.ts; undefined outside src/. */
function layerOf(path) {
  const inside = relative(src, path);
  if (inside.startsWith("..")) return undefined;
  return inside.split(sep)[0].replace(/\.ts$/, "");
}

const rule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      layer: "src/{{from}} may not import {{to}} (see scripts/eslint-layers.mjs).",
      builtin: "src/{{from}} may not import {{to}}: this layer does no input or output of its own.",
    },
  },
  create(context) {
    const from = layerOf(context.filename);
    const rules = from === undefined ? undefined : layers[from];
    if (!rules) return {};

    function check(source) {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const name = source.value;
      if (!name.startsWith(".")) {
        if (!rules.builtins && isBuiltin(name)) {
          context.report({ node: source, messageId: "builtin", data: { from, to: name } });
        }
        return;
      }
      const target = resolve(dirname(context.filename), name);
      const to = layerOf(target);
      if (to === from || rules.may.includes(to)) return;
      const shown = to === undefined ? name : `src/${to}`;
      context.report({ node: source, messageId: "layer", data: { from, to: shown } });
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

export default { rules: { layers: rule } };
