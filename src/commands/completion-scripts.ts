/** How does each shell ask `porthole __complete WORDS...`, and show what it answers? The answers are those of complete.ts. */

/** For bash 3.2, which macOS has, and later; with and without the package bash-completion. */
export const BASH = `# Completion of porthole for bash. To have it in every shell, add this line to ~/.bashrc:
#   eval "$(porthole completion bash)"
# or, with the package bash-completion, write this script to
#   ~/.local/share/bash-completion/completions/porthole

# Splits $1 into the array "words" as bash would, but expands nothing: that could run a command.
# Leaves the quote that is still open at the end in "quote".
__porthole_split() {
  local line=$1 char inside= n=-1 i
  words=() quote=
  for ((i = 0; i < \${#line}; i++)); do
    char=\${line:i:1}
    if [[ -z $quote && $char == [[:space:]] ]]; then
      inside=
      continue
    fi
    [[ -n $inside ]] || words[++n]=
    inside=yes
    if [[ $char == "$quote" ]]; then
      quote=
    elif [[ -z $quote && $char == [\\"\\'] ]]; then
      quote=$char
    elif [[ $char == \\\\ && $quote != \\' ]]; then
      words[n]+=\${line:i+1:1}
      ((i += 1))
    else
      words[n]+=$char
    fi
  done
  [[ -n $inside ]] || words[++n]=
}

__porthole_complete() {
  local words quote typed behind flag= head answer directive value kind
  __porthole_split "$2"
  behind=\${words[\${#words[@]}-1]}
  __porthole_split "\${COMP_LINE:0:COMP_POINT}"
  typed=\${words[\${#words[@]}-1]}
  # Readline replaces $2 alone, what is behind the last of COMP_WORDBREAKS; the rest of the word must not come again.
  [[ $typed != *"$2" ]] || behind=$2
  head=\${typed%"$behind"}
  # What is completed behind --flag= is the value alone.
  [[ $typed != -*=* ]] || flag=\${typed%%=*}=

  COMPREPLY=()
  answer=$(porthole __complete "\${words[@]:1}" 2>/dev/null) || return 0
  directive=\${answer##*:}
  while IFS= read -r value; do
    value=$flag\${value%%$'\\t'*}
    [[ $value == "$typed"* && $value != "$flag" ]] || continue
    value=\${value#"$head"}
    if [[ -z $quote ]]; then
      printf -v value %q "$value"
    elif [[ $value == *[\\"\\'\\\\\\$\\\`!]* ]]; then
      continue # would not stand for itself inside the quotes that are open
    fi
    COMPREPLY+=("$value")
  done <<<"\${answer%:*}"

  # Without compopt (bash 3.2), files are offered wherever there is nothing else.
  if [[ $(type -t compopt) != builtin ]]; then return 0; fi
  if ((directive & 2)); then compopt -o nospace; fi
  if ((directive & 4)); then
    compopt +o default
    return 0
  fi
  kind=-f
  if ((directive & 16)); then kind=-d; fi
  compopt -o filenames
  while IFS= read -r value; do
    value=$flag$value
    [[ $value == "$flag" ]] || COMPREPLY+=("\${value#"$head"}")
  done < <(compgen $kind -- "\${typed#"$flag"}")
}

complete -o default -F __porthole_complete porthole
`;

/** With descriptions. */
export const ZSH = `#compdef porthole
# Completion of porthole for zsh. Write it to a folder of $fpath, under the name _porthole:
#   porthole completion zsh > "\${fpath[1]}/_porthole"
# or add this line to ~/.zshrc, behind the one that calls compinit:
#   eval "$(porthole completion zsh)"

_porthole() {
  local -a answer candidates space
  local directive
  answer=("\${(@f)$(porthole __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  directive=\${answer[-1]#:}
  # In what _describe reads, a colon parts the value from its description.
  candidates=("\${(@)\${(@)answer[1,-2]//:/\\\\:}/$'\\t'/:}")
  candidates=("\${(@)candidates:#}")
  ((directive & 2)) && space=(-S '')
  # What is completed behind --flag= is the value alone.
  compset -P '-*='
  if ((directive & 16)); then
    _path_files -/
  elif ((directive & 4)) || (($#candidates)); then
    _describe -V porthole candidates $space
  else
    _files
  fi
}

# The first call of an autoloaded function runs this file.
if [[ $funcstack[1] == _porthole ]]; then
  _porthole "$@"
else
  compdef _porthole porthole
fi
`;

/** With descriptions. */
export const FISH = `# Completion of porthole for fish. Write it to the folder that fish reads completions from:
#   porthole completion fish > ~/.config/fish/completions/porthole.fish

# Asks for candidates; fails where fish itself is to offer files.
function __porthole_ask
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    # A word whose quotes are still open cannot be unescaped.
    set -l plain (string unescape -- "$typed"; or echo -- "$typed")
    # What is completed behind --flag= is the value alone.
    set -l flag (string match -r -- '^-[^=]*=' "$plain"; or echo)
    set -l answer (porthole __complete $words[2..-1] "$plain" 2>/dev/null)
    set -l directive $answer[-1]
    set -e answer[-1]
    switch "$directive"
        case :0 ''
            return 1
        case :16
            set answer (__fish_complete_directories (string replace -- "$flag" '' "$plain") '')
    end
    set -g __porthole_candidates "$flag"$answer
end

complete -c porthole -n __porthole_ask -f -a '$__porthole_candidates'
`;

/** For Windows PowerShell 5.1 and PowerShell 7. */
export const POWERSHELL = `# Completion of porthole for PowerShell. Add this line to the file that $PROFILE names:
#   porthole completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'porthole' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        Select-Object -Skip 1 |
        ForEach-Object { if ($_.PSObject.Properties['Value']) { $_.Value } else { "$_" } })
    if ($wordToComplete -eq '') {
        # The older ways to pass arguments drop an empty one, unless it comes in quotes.
        $passing = Get-Variable PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
        $words += if ($null, 'Legacy' -contains $passing) { '""' } else { '' }
    }
    $answer = @(porthole __complete @words 2>$null)
    if ($answer.Count -eq 0) { return }
    $directive = [int]$answer[-1].Substring(1)
    # What is completed behind --flag= is the value alone.
    $flag = if ($wordToComplete -match '^-[^=]*=') { $Matches[0] } else { '' }

    $answer | Select-Object -SkipLast 1 | ForEach-Object {
        $value, $description = $_ -split '\\t', 2
        if (-not $description) { $description = $value }
        $text = $flag + $value
        if ($text -notmatch '^[\\w./:=-]+$') { $text = "'" + $text.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
    # Without any result, PowerShell offers files.
    if ($directive -band 4 -and $answer.Count -eq 1) { '' }
}
`;
