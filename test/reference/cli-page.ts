/** docs/reference/cli.md: every command as its own help, from the tree of commands. */
import type { Command } from 'commander'
import { TOPICS } from '../../packages/hub/src/cli/help-topics.ts'
import { createProgram } from '../../packages/hub/src/cli/program.ts'
import { systemClock } from '../../packages/hub/src/core/clock.ts'
import { NOTE } from './markdown.ts'

/** Commands by path, parents before their children; the program itself has an empty one. */
export function commandTree(): (readonly [path: string, command: Command, help: string])[] {
  let help = ''
  const terminal = {
    out: (text: string) => {
      help += text
    },
    err: () => {},
    outIsTty: false,
    errIsTty: false,
    color: false,
    columns: 100,
  }
  const program = createProgram(
    {
      terminal,
      clock: systemClock,
      signal: new AbortController().signal,
      stdin: () => Promise.resolve(''),
    },
    'VERSION',
  )
  const found: (readonly [string, Command, string])[] = []
  const walk = (command: Command, path: readonly string[]): void => {
    help = ''
    command.outputHelp()
    found.push([path.join(' '), command, help.trimEnd()])
    for (const child of command.commands) walk(child, [...path, child.name()])
  }
  walk(program, [])
  return found
}

export function cliPage(): string {
  const commands = commandTree().map(([path, , help]) => {
    const level = '#'.repeat(1 + Math.max(1, path.split(' ').length))
    return `${level} llmhub${path === '' ? '' : ` ${path}`}\n\n\`\`\`text\n${help}\n\`\`\``
  })
  const topics = Object.entries(TOPICS).map(
    ([name, text]) => `### llmhub help ${name}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``,
  )
  return [
    NOTE,
    '# Commands',
    'What `--help` says of every command. Examples of what they print: [screens](cli-screens.md); how they work together: [guide](../guide/cli.md).',
    ...commands,
    '## Topics',
    ...topics,
  ].join('\n\n')
}
