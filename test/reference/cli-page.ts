/** docs/reference/cli.md: every command as its own help, from the tree of commands. */
import { TOPICS } from '../../packages/hub/src/cli/help-topics.ts'
import { createProgram } from '../../packages/hub/src/cli/program.ts'
import { rememberingContext } from '../../packages/hub/src/cli/remembering-context.fixture.ts'
import { NOTE } from './markdown.ts'

type Command = ReturnType<typeof createProgram>

/** Commands by path, parents before their children; the program itself has an empty one. */
export function commandTree(): (readonly [path: string, command: Command, help: string])[] {
  const { context, written } = rememberingContext()
  const program = createProgram(context, 'VERSION')
  const found: (readonly [string, Command, string])[] = []
  const walk = (command: Command, path: readonly string[]): void => {
    written.out = ''
    command.outputHelp()
    found.push([path.join(' '), command, written.out.trimEnd()])
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
