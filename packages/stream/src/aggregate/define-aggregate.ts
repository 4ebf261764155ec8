import type { ByteReader, ByteWriter } from '../bytes.ts'
import { checkFunction, checkName, checkOptions, checkWord } from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import type { Aggregate, AggregateInput, AggregateNeeds, AggregateSpec } from './aggregate.ts'
import { type ObjectKernel, ObjectStates } from './object-states.ts'
import { columnOf } from './parameters.ts'
import { type Scalar, scalarAt } from './scalar.ts'
import { isNumeric } from './value-rows.ts'

/** An aggregate of one's own, over objects of any shape. */
export interface AggregateDefinition<S> {
  /** Name by which specifications ask for it. */
  readonly name: string
  /** 'nothing': it gets every row with the value null. Else rows that have a value, and numbers are finite. */
  readonly needs: AggregateNeeds
  /** True when the value depends on the order of rows. Default false. */
  readonly ordered?: boolean
  /** The empty state; parameters are members of the specification. Throws what is wrong with them. */
  init(spec: AggregateSpec): S
  /** Adds a value with its event time: changes the state, or answers a new one. */
  add(state: S, value: Scalar | null, time: number): S | void
  /** Both together; may change and answer `a`, must leave `b` alone. */
  merge(a: S, b: S): S
  /** The result, which JSON can hold. */
  value(state: S, seconds: number | undefined): unknown
  /** How a state is written and read; left out, it is JSON, which must then hold all of it. */
  readonly write?: (state: S, out: ByteWriter) => void
  readonly read?: (from: ByteReader) => S
  /** Memory of a state in bytes; default 100. */
  readonly bytes?: (state: S) => number
}

const MEMBERS: readonly (keyof AggregateDefinition<unknown>)[] = [
  'name',
  'needs',
  'ordered',
  'init',
  'add',
  'merge',
  'value',
  'write',
  'read',
  'bytes',
]

/**
 * Makes an aggregate of a definition, to be given to the engine among `others`. Throws a StreamError that names the
 * member that is wrong, missing or not known.
 */
export function defineAggregate<S>(definition: AggregateDefinition<S>): Aggregate {
  checkOptions(definition, 'an aggregate', MEMBERS)
  checkName(definition.name, 'name')
  checkWord(definition.needs, ['nothing', 'number', 'text', 'any'], 'needs')
  for (const member of ['init', 'add', 'merge', 'value'] as const) {
    checkFunction(definition[member], member, `that of the example in the README`)
  }
  return {
    name: definition.name,
    needs: definition.needs,
    invertible: false,
    ordered: definition.ordered ?? false,
    prepare(spec) {
      if (definition.needs !== 'nothing') columnOf(spec)
      definition.init(spec)
      return new ObjectStates(kernelOf(definition, spec))
    },
  }
}

/** A state in a box, because adding may put another in its place. */
interface Box<S> {
  state: S
}

function kernelOf<S>(
  definition: AggregateDefinition<S>,
  spec: AggregateSpec,
): ObjectKernel<Box<S>> {
  const add = (box: Box<S>, value: Scalar | null, time: number) => {
    const next = definition.add(box.state, value, time)
    if (next !== undefined) box.state = next
  }
  return {
    create: () => ({ state: definition.init(spec) }),
    add(at, slots, rows, count, input) {
      checkColumn(input, definition.needs)
      let invalid = 0
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        const value = definition.needs === 'nothing' ? null : valueAt(input, row)
        if (value === null && definition.needs !== 'nothing') continue
        if (Number.isNaN(value)) invalid++
        else add(at(slots[i] ?? 0), value, input.times[row] ?? 0)
      }
      return invalid
    },
    merge: (into, from) => ({ state: definition.merge(into.state, from.state) }),
    value: (box, seconds) => definition.value(box.state, seconds),
    write(box, out) {
      if (definition.write === undefined) out.text(JSON.stringify(box.state))
      else definition.write(box.state, out)
    },
    read(from) {
      if (definition.read !== undefined) return { state: definition.read(from) }
      const text = from.text()
      try {
        return { state: JSON.parse(text) as S }
      } catch {
        throw from.bad('a state that is not JSON')
      }
    },
    bytes: (box) => definition.bytes?.(box.state) ?? 100,
  }
}

/** Before any row is added: a column of another type is refused whole. */
function checkColumn({ column }: AggregateInput, needs: AggregateNeeds): void {
  if (column === null || needs === 'nothing' || needs === 'any') return
  const holds = isNumeric(column) ? 'number' : 'text'
  if (holds === needs) return
  throw new StreamError('invalid_input', `a ${holds} where the aggregate needs a ${needs}`)
}

function valueAt(input: AggregateInput, row: number): Scalar | null {
  return input.column === null ? null : scalarAt(input.column, row)
}
