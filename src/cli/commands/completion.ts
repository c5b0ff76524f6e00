// completion: scripts that teach shells the commands and options of minidocker. They ask minidocker itself each time, so
// they never are out of date, and complete names of containers.

import { capabilityNames } from "../../abi/capability.ts";
import { layerParts } from "../../engine/options/layers.ts";
import { limitNames } from "../../engine/options/ulimit.ts";
import { listRecords } from "../../state/find.ts";
import { openPaths } from "../../state/paths.ts";
import { type Catalogue, defineCommand } from "../command.ts";
import { type Answer, complete, type Lookups } from "../complete.ts";
import { print } from "../output.ts";
import { UsageError } from "../parse.ts";
import { learnWords } from "./learn.ts";

export const command = defineCommand({
  name: "completion",
  summary: "print a script that completes commands in bash, zsh or fish",
  operands: [
    { name: "SHELL", need: "one", complete: ["bash", "zsh", "fish"] },
    { name: "WORD", need: "any" },
  ],
  options: [],
  optionsFirst: true,
  anywhere: true,
  about: "The scripts call `minidocker completion words WORD...`, which answers with what may come next.",
  examples: [
    { command: "source <(minidocker completion bash)", text: "in ~/.bashrc" },
    { command: "source <(minidocker completion zsh)", text: "in ~/.zshrc, after compinit" },
    { command: "minidocker completion fish > ~/.config/fish/completions/minidocker.fish", text: "once" },
  ],
  async run({ operands: [shell = "", ...words], catalogue }) {
    if (shell === "words") {
      print(write(await complete(words, await lookups(catalogue))));
      return 0;
    }
    if (!Object.hasOwn(scripts, shell))
      throw new UsageError("completion", `completion knows ${Object.keys(scripts).join(", ")}, not ${shell}`);
    print(scripts[shell] as string);
    return 0;
  },
});

async function lookups({ groups, load }: Catalogue): Promise<Lookups> {
  const { lessonNames } = await import("../../learn/library.ts");
  const commands = await Promise.all(Object.values(groups).flat().map(load));
  const layers = Object.entries(layerParts);
  return {
    commands: commands.filter((it) => it !== undefined),
    container: () => listRecords(openPaths()).map((it) => it.name),
    image: () => ["base"],
    capability: () => ["ALL", ...capabilityNames.map((it) => it.replace(/^CAP_/, ""))],
    limit: () => limitNames.map((it) => `${it}=`),
    lesson: () => [...learnWords, ...lessonNames()],
    probe: async () => (await import("../../probes/index.ts")).probes.map((it) => it.name),
    layer: () => [
      ...layers.map(([name]) => name),
      ...layers.flatMap(([name, list]) => list.map((it) => `${name}.${it}`)),
    ],
  };
}

/** A line each: the word, a tab, what it is for. Or a line that asks the shell for names of files or folders. */
function write(answer: Answer): string {
  if (typeof answer === "string") return `:${answer}\n`;
  return answer.map(({ text, help }) => `${text}\t${help}\n`).join("");
}

const scripts: Readonly<Record<string, string>> = {
  bash: `# completion of minidocker for bash
_minidocker() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}") typed="\${COMP_WORDS[COMP_CWORD]}"
  # bash cuts words at = and :, which are parts of ours
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cur cword
    _get_comp_words_by_ref -n =: -c cur -w words -i cword
    words=("\${words[@]:1:cword}") typed="$cur"
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :file) compopt -o default; return ;;
      :folder) compopt -o dirnames; return ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(minidocker completion words "\${words[@]}" 2>/dev/null)
  [[ "\${COMPREPLY[*]}" == *[=:,] ]] && compopt -o nospace
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$typed"
}
complete -F _minidocker minidocker
`,
  zsh: `#compdef minidocker
_minidocker() {
  local line colon='\\:'
  local -a found
  for line in "\${(@f)$(minidocker completion words "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :file) _files; return ;;
      :folder) _files -/; return ;;
      *) found+=("\${\${line%%$'\\t'*}//:/$colon}:\${line#*$'\\t'}") ;;
    esac
  done
  _describe minidocker found
}
compdef _minidocker minidocker
`,
  fish: `# completion of minidocker for fish
function __minidocker_words
  set -l words (commandline -opc) (commandline -ct)
  for line in (minidocker completion words $words[2..] 2>/dev/null)
    switch $line
      case ':file'
        __fish_complete_path (commandline -ct)
      case ':folder'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c minidocker -f -a '(__minidocker_words)'
`,
};
