import { nearestName } from '@llmhub/schema'
import type { Command } from 'commander'
import { withExamples } from './command-options.ts'
import { type Candidate, candidates } from './completion/candidates.ts'
import { SCRIPTS, type Shell } from './completion/scripts.ts'
import type { CliContext } from './context.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { printable } from './output.ts'

/** The first word by which a shell asks for candidates; what follows is read by no parser of options. */
export const ASK = '__complete'

const MOST_ABOUT = 70

/** `llmhub completion SHELL` */
export function addCompletionCommands(program: Command, context: CliContext): void {
  const shells = Object.keys(SCRIPTS)
  withExamples(
    program
      .command('completion')
      .description('print the script that completes llmhub in your shell')
      .argument('<shell>', shells.join(', '))
      .action((shell: string) => {
        if (!isShell(shell)) {
          const nearest = nearestName(shell, shells)
          const meant = nearest === null ? '' : ` (did you mean ${nearest}?)`
          const message = `completion ${shell}: expected ${shells.join(', ')}${meant}`
          throw new CliError(message, EXIT.usage)
        }
        context.terminal.out(SCRIPTS[shell])
      }),
    [
      "echo 'source <(llmhub completion bash)' >> ~/.bashrc",
      "echo 'source <(llmhub completion zsh)' >> ~/.zshrc",
      'llmhub completion fish > ~/.config/fish/completions/llmhub.fish',
    ],
  )
}

function isShell(name: string): name is Shell {
  return Object.hasOwn(SCRIPTS, name)
}

/** The answer to a shell: a candidate per line, a tab, and what it is. */
export function candidateLines(program: Command, words: readonly string[]): string {
  return candidates(program, words)
    .map(({ text, about }: Candidate) => `${text}\t${printable(about).slice(0, MOST_ABOUT)}\n`)
    .join('')
}
