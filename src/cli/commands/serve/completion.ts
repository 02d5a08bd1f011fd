import { Argument, Command } from "commander";
import { SCRIPTS } from "../../completion/scripts.ts";
import type { GlobalOptions } from "../../context.ts";
import { Output } from "../../output/output.ts";

const EXAMPLES = `
Commands, options, and sessions by id or by a word of their title. What the index knows is offered as it is; nothing is
made or changed.

  bash  eval "$(astrid-sessions completion bash)"    in ~/.bashrc
  zsh   eval "$(astrid-sessions completion zsh)"     in ~/.zshrc, behind compinit
  fish  astrid-sessions completion fish > ~/.config/fish/completions/astrid-sessions.fish`;

export function completionCommand(): Command {
  return new Command("completion")
    .description("print a script with which a shell completes commands, options and sessions")
    .usage("[options] <shell>")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(Object.keys(SCRIPTS)))
    .addHelpText("after", EXAMPLES)
    .action(async (shell: string, _options: object, command: Command) => {
      const output = new Output(command.optsWithGlobals<GlobalOptions>().json ?? false);
      const script = SCRIPTS[shell] ?? "";
      if (output.json) await output.document({ shell, script });
      else await output.write(script);
    })
    .addCommand(wordsCommand(), { hidden: true });
}

/** What the scripts ask: what the last of the words may become, a line each. */
function wordsCommand(): Command {
  return new Command("words")
    .argument("[word...]")
    .description("what the last word may become; the scripts ask for it")
    .action(async (words: string[]) => {
      const output = new Output(false);
      try {
        const { candidates } = await import("../../completion/candidates.ts");
        const found = await candidates(words);
        if (found === "files") await output.line(":files");
        else for (const { word, about } of found) await output.line(`${word}\t${about}`);
      } catch {
        // In the middle of a line nobody wants to read of an error.
      }
    });
}
