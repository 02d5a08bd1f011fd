/** How much of what a tool answered says something: some lines; how many there are; nothing, when it went well. */
export type ResultLook = "lines" | "count" | "none";

/** What is known of tools that do the same. */
export interface ToolKind {
  /** The arguments that tell what a call is about, the first that is there. */
  readonly telling: readonly string[];
  readonly result: ResultLook;
}

const kind = (telling: readonly string[], result: ResultLook = "lines"): ToolKind => ({ telling, result });

const COMMAND = kind(["command", "cmd", "script", "code", "commands"]);
const READ = kind(
  ["file_path", "absolute_path", "path", "target_file", "filePath", "notebook_path"],
  "count",
);
const EDIT = kind(READ.telling, "none");
const SEARCH = kind(["pattern", "query", "regex", "q", "path"]);
const LIST = kind(["path", "dir_path", "directory", "pattern"], "count");
const FETCH = kind(["url", "urls", "query", "prompt"]);
const AGENT = kind(["description", "task", "prompt", "message", "agent"]);
const PLAN = kind(["plan", "todos", "items", "explanation"], "none");

/** The agents' usual tools by what they do. Names are compared without case and signs. */
const KINDS: ReadonlyMap<string, ToolKind> = new Map(
  (
    [
      [
        COMMAND,
        "bash shell localshell exec execcommand runshellcommand runterminalcmd runcommand executecommand terminal " +
          "shellcommand containerexec python codeinterpreter bashoutput runinterminal",
      ],
      [READ, "read readfile readmanyfiles view viewfile cat open openfile notebookread viewimage"],
      [
        EDIT,
        "edit multiedit editfile write writefile createfile writetofile replace replaceinfile strreplace " +
          "strreplaceeditor strreplacebasededittool searchreplace insertedit notebookedit applydiff create",
      ],
      [SEARCH, "grep ripgrep rg searchfilecontent searchfiles search grepsearch codebasesearch toolsearch"],
      [kind(SEARCH.telling, "count"), "glob find findfiles filesearch"],
      [LIST, "ls list listdir listdirectory listfiles"],
      [FETCH, "webfetch websearch fetch googlewebsearch webfetchtool browse openurl"],
      [AGENT, "task agent spawnagent subagent delegate newtask sendinput"],
      [PLAN, "todowrite updateplan writetodos todo exitplanmode todoread"],
      [
        kind(["subject", "taskId", "status", "description"], "none"),
        "taskcreate taskupdate taskget tasklist",
      ],
      [kind(["skill", "command", "name"]), "skill slashcommand"],
      [kind(["questions", "question"]), "askuserquestion askfollowupquestion requestuserinput"],
    ] as const
  ).flatMap(([of, names]) => names.split(" ").map((name) => [name, of] as const)),
);

/** How a tool's answers are shown. */
export function resultLook(name: string): ResultLook {
  return kindOf(name)?.result ?? "lines";
}

/** Whether a call is about a file: of its path the end tells more than the beginning. */
export function isAboutFile(name: string): boolean {
  return kindOf(name)?.telling === READ.telling;
}

/** A tool's name as a person reads it: of an MCP server's, the server and the tool. */
export function toolName(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return tool === undefined ? name : `${server ?? ""} ${tool}`;
}

/** What is known of a tool, by whatever agent or server it is named. */
export function kindOf(name: string): ToolKind | undefined {
  const bare = name.replace(/^mcp__.+?__/, "").replace(/^(?:functions|default_api)[.:]/, "");
  return KINDS.get(bare.toLowerCase().replace(/[^a-z]/g, ""));
}
