import type { Command } from 'commander'

/** The commands as `llmhub --help` lists them, in the order in which people come to need them. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Run:': ['serve', 'demo'],
  'Data in:': ['import', 'generate', 'dead-letters'],
  'Questions:': ['query', 'sql', 'tail', 'events', 'trace', 'conversation', 'windows', 'export'],
  'Cost:': ['explain', 'reconcile', 'prices', 'reprice'],
  'Keep and erase:': ['retention', 'holds', 'erase', 'erasures'],
  'Operate:': ['doctor', 'verify', 'backup', 'restore', 'compact', 'journal', 'bench'],
  'Set up:': ['login', 'context', 'keys', 'config', 'completion', 'help'],
}

/**
 * Lists the commands of the program by group.
 * @throws Error where a command is in no group, or a group names one that is not there
 */
export function groupCommands(program: Command): void {
  const left = new Map(program.commands.map((command) => [command.name(), command]))
  const order: Command[] = []
  for (const [heading, names] of Object.entries(GROUPS)) {
    for (const name of names) {
      const command = left.get(name)
      if (command === undefined) throw new Error(`${heading} ${name} is no command`)
      left.delete(name)
      order.push(command.helpGroup(heading))
    }
  }
  if (left.size > 0) throw new Error(`in no group of the help: ${[...left.keys()].join(', ')}`)
  program.configureHelp({
    visibleCommands: (of) => (of === program ? order : [...of.commands]),
    groupItems: (_all, visible, groupOf) => Map.groupBy(visible, groupOf),
  })
}
