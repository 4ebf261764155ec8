/**
 * What each shell runs to complete `llmhub`: it asks `llmhub __complete` with the words so far, which
 * answers one candidate per line, a tab, and what it is. So the scripts know nothing that could be out
 * of date.
 */
export const SCRIPTS = {
  bash: `# llmhub completion for bash. Now and in every new shell:
#   echo 'source <(llmhub completion bash)' >> ~/.bashrc
_llmhub() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur="" prefix="" candidate words=()
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  # bash takes : and = for ends of words, and replaces only what stands behind the last of them.
  [[ "$cur" == *[:=]* ]] && prefix="\${cur%"\${cur##*[:=]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    COMPREPLY+=("\${candidate#"$prefix"}")
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2> /dev/null)
  # A name that goes on with a value gets no blank behind it.
  [[ \${#COMPREPLY[@]} == 1 && "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2> /dev/null
  return 0
}
complete -o default -F _llmhub llmhub
`,
  zsh: `#compdef llmhub
# llmhub completion for zsh. Now and in every new shell, behind compinit:
#   echo 'source <(llmhub completion zsh)' >> ~/.zshrc
_llmhub() {
  local -a lines whole open
  local line text
  lines=("\${(@f)$("\${(Q)words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
  for line in $lines; do
    text="\${line%%$'\\t'*}"
    [[ -z "$text" ]] && continue
    # A name that goes on with a value gets no blank behind it.
    if [[ "$text" == *= ]]; then
      open+=("\${text//:/\\\\:}:\${line#*$'\\t'}")
    else
      whole+=("\${text//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  if (( \${#whole} + \${#open} == 0 )); then
    _files
    return
  fi
  (( \${#whole} )) && _describe llmhub whole
  (( \${#open} )) && _describe llmhub open -S ''
  return 0
}
if [[ "$funcstack[1]" == _llmhub ]]; then
  _llmhub "$@"
else
  compdef _llmhub llmhub
fi
`,
  fish: `# llmhub completion for fish. Now and in every new shell:
#   llmhub completion fish > ~/.config/fish/completions/llmhub.fish
function __llmhub_ask
    set -l words (commandline -opc)
    set -g __llmhub_found ($words[1] __complete $words[2..-1] "$(commandline -ct)" 2> /dev/null)
    test (count $__llmhub_found) -gt 0
end
# Files are offered only where there is nothing else to say.
complete -c llmhub -n __llmhub_ask -f -a '(string join \\n -- $__llmhub_found)'
`,
  powershell: `# llmhub completion for PowerShell 7.3 or newer. Now and in every new shell:
#   llmhub completion powershell >> $PROFILE
Register-ArgumentCompleter -Native -CommandName llmhub -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  & $commandAst.CommandElements[0].ToString() __complete @words 2>$null | ForEach-Object {
    $text, $about = $_ -split "\`t", 2
    $tip = if ($about) { $about } else { $text }
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $tip)
  }
}
`,
} as const

export type Shell = keyof typeof SCRIPTS
