import { join } from "node:path";
import ts from "typescript";
import { ROOT, sourceFiles } from "./subpaths.ts";

/** What the compiler says of these files, as a user's strict project would hear it: the errors of each, by line. */
export function typeErrors(files: readonly string[]): string[][] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // What the pages' routes answer are the web's requests.
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: Object.fromEntries([...sourceFiles()].map(([name, file]) => [name, [file]])),
  };
  const program = ts.createProgram({ rootNames: [...files], options });
  return files.map((file) => {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return diagnostics.map(({ start = 0, messageText }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
}
