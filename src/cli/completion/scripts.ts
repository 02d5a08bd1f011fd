/** What a shell runs at Tab, and how it is told so. Each asks this command what the last word may become. */

const BASH = `# astrid-sessions in bash: eval "$(astrid-sessions completion bash)" in ~/.bashrc
_astrid_sessions() {
  local line IFS=$'\\n'
  local -a found=()
  while IFS= read -r line; do found+=("$line"); done < <(
    astrid-sessions completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null
  )
  COMPREPLY=()
  compopt +o default 2>/dev/null
  if [[ \${found[0]} == :files ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  elif ((\${#found[@]} == 1)); then
    COMPREPLY=("\${found[0]%%$'\\t'*}")
  else
    compopt -o nosort 2>/dev/null
    for line in "\${found[@]}"; do
      # What a word is stands beside it, where a person chooses from several.
      local word="\${line%%$'\\t'*}" about="\${line#*$'\\t'}"
      if [[ -n $about && $COMP_TYPE != 37 ]]; then COMPREPLY+=("$(printf '%-12s  %.60s' "$word" "$about")")
      else COMPREPLY+=("$word"); fi
    done
  fi
}
complete -F _astrid_sessions astrid-sessions
`;

const ZSH = `#compdef astrid-sessions
# astrid-sessions in zsh: eval "$(astrid-sessions completion zsh)" in ~/.zshrc, behind compinit
_astrid_sessions() {
  local -a found described
  local line
  found=("\${(@f)$(astrid-sessions completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == :files ]]; then
    _files
    return
  fi
  for line in $found; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V 'astrid-sessions' described -U
}
if [[ $funcstack[1] == _astrid_sessions ]]; then _astrid_sessions "$@"; else compdef _astrid_sessions astrid-sessions; fi
`;

const FISH = `# astrid-sessions in fish: astrid-sessions completion fish > ~/.config/fish/completions/astrid-sessions.fish
function __astrid_sessions_words
    set -l words (commandline -opc) (commandline -ct)
    set -l found (astrid-sessions completion words -- $words[2..] 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c astrid-sessions -f -k -a '(__astrid_sessions_words)'
`;

export const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
