import type { Command, Option } from 'commander'
import { VALUES, type ValueSource } from './values.ts'

export interface Candidate {
  readonly text: string
  /** One line for shells that show it; empty where there is nothing to say. */
  readonly about: string
}

/**
 * What may stand in the place of the last word, by the tree of commands: commands and options with
 * their descriptions, and the values of those whose values are known. Pure and offline.
 *
 * @param words the words behind `llmhub`, the last one as far as it is typed (may be empty)
 */
export function candidates(program: Command, words: readonly string[]): Candidate[] {
  const last = words.at(-1) ?? ''
  const { command, options, operands, pending } = walk(program, words.slice(0, -1))
  const path = pathOf(command)
  if (pending !== null) return starting(last, valuesOf(pending, path))
  const assigned = /^(--[^=]+)=(.*)$/.exec(last)
  if (assigned !== null) {
    const [, name = '', typed = ''] = assigned
    const option = options.find(({ long }) => long === name)
    if (option === undefined) return []
    return starting(typed, valuesOf(option, path)).map(({ text, about }) => ({
      text: `${name}=${text}`,
      about,
    }))
  }
  if (last.startsWith('-')) {
    const offered = options.filter(({ hidden }) => !hidden)
    return starting(
      last,
      offered.map((option) => ({
        text: option.long ?? option.short ?? '',
        about: firstLine(option.description),
      })),
    )
  }
  const children = command.commands.map((child) => ({
    text: child.name(),
    about: firstLine(child.description()),
  }))
  const argument = command.registeredArguments[operands] ?? command.registeredArguments.at(-1)
  const isOpen =
    argument !== undefined && (operands < command.registeredArguments.length || argument.variadic)
  const values = isOpen
    ? (argument.argChoices?.map(plain) ?? sourceOf(path, argument.name())())
    : []
  return starting(last, [...children, ...values])
}

interface Walked {
  readonly command: Command
  /** Of the command and of the program, which takes its own anywhere. */
  readonly options: readonly Option[]
  /** Arguments of the command that are there already. */
  readonly operands: number
  /** The option whose value comes next, or null. */
  readonly pending: Option | null
}

function walk(program: Command, before: readonly string[]): Walked {
  let command = program
  let operands = 0
  let pending: Option | null = null
  const known = (): Option[] => [
    ...command.options,
    ...(command === program ? [] : program.options),
  ]
  for (const word of before) {
    if (pending !== null) {
      pending = null
    } else if (word.startsWith('-')) {
      const option = known().find(({ long, short }) => long === word || short === word)
      // An option that may be given without its value does not claim the next word.
      if (option?.required === true) pending = option
    } else {
      const child = command.commands.find((each) => each.name() === word)
      if (child !== undefined && operands === 0) command = child
      else operands++
    }
  }
  return { command, options: known(), operands, pending }
}

function valuesOf(option: Option, path: string): readonly Candidate[] {
  if (option.argChoices !== undefined) return option.argChoices.map(plain)
  return sourceOf(path, option.long ?? '')()
}

function sourceOf(path: string, name: string): ValueSource {
  return VALUES[`${path} ${name}`.trim()] ?? VALUES[name] ?? (() => [])
}

const plain = (text: string): Candidate => ({ text, about: '' })

function starting(typed: string, all: readonly Candidate[]): Candidate[] {
  return all.filter(({ text }) => text !== '' && text.startsWith(typed))
}

/** Names from below the program: `keys create`. */
export function pathOf(command: Command): string {
  const names: string[] = []
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name())
  return names.join(' ')
}

function firstLine(text: string): string {
  return text.split(/\n|; /)[0] ?? ''
}
