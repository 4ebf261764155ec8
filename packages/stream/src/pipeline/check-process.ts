import {
  checkFunction,
  checkLimit,
  checkName,
  checkNames,
  checkOptions,
  checkUnit,
  checkWord,
  invalidInput,
  isList,
  shown,
} from '../check-options.ts'
import type { ProcessOptions } from './process-operator.ts'

const MEMBERS: readonly (keyof ProcessOptions<unknown, unknown>)[] = [
  'unit',
  'inputs',
  'process',
  'name',
  'ttl',
  'limits',
]

/** Throws a StreamError that names the option that is wrong, missing or not known. */
export function checkProcess<S, O>(options: ProcessOptions<S, O>): void {
  checkOptions(options, 'a process operator', MEMBERS)
  const { unit = 'ms', inputs, process, ttl, limits } = options
  checkUnit(unit)
  if (!isList(inputs) || inputs.length === 0) {
    throw invalidInput(
      'inputs',
      `${shown(inputs)} is no list of inputs, such as [{ keys: ['id'] }]`,
    )
  }
  for (const [i, input] of inputs.entries()) {
    checkOptions(input, 'an input', ['time', 'keys'], `inputs[${i}]`)
    checkName(input.time ?? 'time', `inputs[${i}].time`)
    checkNames(input.keys, `inputs[${i}].keys`)
    if (input.keys.length !== inputs[0]?.keys.length) {
      throw invalidInput('inputs', 'their keys differ in length')
    }
  }
  if (typeof process !== 'object' || process === null) {
    throw invalidInput('process', `${shown(process)} is no object with onEvent`)
  }
  for (const member of ['onEvent', 'onTimer', 'onClockTimer'] as const) {
    const given: unknown = process[member]
    if (given === undefined && member !== 'onEvent') continue
    checkFunction(given, member, '(…, context) => context.emit(1)')
  }
  if (ttl !== undefined) {
    checkOptions(ttl, 'a ttl', ['after', 'refresh'], 'ttl')
    checkWord(ttl.refresh ?? 'event', ['event', 'created'], 'ttl.refresh')
  }
  if (limits === undefined) return
  checkOptions(limits, 'limits', ['keys', 'overflow'], 'limits')
  checkLimit(limits.keys ?? 1, 1, 'limits.keys')
  checkWord(limits.overflow ?? 'share', ['share', 'drop'], 'limits.overflow')
}
