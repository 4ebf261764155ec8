import type { TimeUnit } from '../time/time.ts'
import type { Aggregate, AggregateSpec, Aggregates, States } from './aggregate.ts'
import { DerivedStates } from './derived-states.ts'
import { finiteOrNull } from './number-aggregate.ts'
import { checkMembers, invalidAggregate } from './parameters.ts'

/** A number, the name of a part, or an operation and formulas: `['/', 'errors', ['max', 'calls', 1]]`. */
export type Formula = number | string | readonly Formula[]

interface Operation {
  readonly arguments: number
  readonly compute: (a: number, b: number) => number
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '+': { arguments: 2, compute: (a, b) => a + b },
  '-': { arguments: 2, compute: (a, b) => a - b },
  '*': { arguments: 2, compute: (a, b) => a * b },
  '/': { arguments: 2, compute: (a, b) => a / b },
  min: { arguments: 2, compute: Math.min },
  max: { arguments: 2, compute: Math.max },
  abs: { arguments: 1, compute: Math.abs },
  sqrt: { arguments: 1, compute: Math.sqrt },
  log: { arguments: 1, compute: Math.log },
  exp: { arguments: 1, compute: Math.exp },
}

/** Formulas deeper than this are a mistake, or an attempt on the stack. */
const DEEPEST = 32

type Compute = (values: readonly unknown[]) => number | null

function computeOf(
  formula: unknown,
  names: readonly string[],
  depth: number,
  wrong: (what: string) => Error,
): Compute {
  if (depth > DEEPEST) throw wrong(`is deeper than ${DEEPEST} operations`)
  if (typeof formula === 'number' && Number.isFinite(formula)) return () => formula
  if (typeof formula === 'string') {
    const index = names.indexOf(formula)
    if (index < 0) throw wrong(`names '${formula}'; its parts are ${names.join(', ')}`)
    return (values) => {
      const value = values[index]
      return typeof value === 'number' ? value : null
    }
  }
  if (!Array.isArray(formula)) throw wrong('must be a number, a name, or a list of an operation')
  const [name, ...rest] = formula as unknown[]
  const operation =
    typeof name === 'string' && Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation === undefined) {
    throw wrong(`has the operation ${String(name)}; there are ${Object.keys(OPERATIONS).join(' ')}`)
  }
  if (rest.length !== operation.arguments) {
    throw wrong(`gives '${String(name)}' ${rest.length} arguments; it takes ${operation.arguments}`)
  }
  const of = rest.map((part) => computeOf(part, names, depth + 1, wrong))
  const { compute } = operation
  const [left, right] = of
  return (values) => {
    const a = left?.(values) ?? null
    const b = right === undefined ? 0 : right(values)
    return a === null || b === null ? null : finiteOrNull(compute(a, b))
  }
}

function isSpec(value: unknown): value is AggregateSpec {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AggregateSpec).as === 'string' &&
    typeof (value as AggregateSpec).aggregate === 'string'
  )
}

/**
 * A formula over other aggregates: `{ as: 'error_rate', aggregate: 'composite', parts: [{ as: 'errors',
 * aggregate: 'sum', of: 'is_error' }, { as: 'calls', aggregate: 'count' }], formula: ['/', 'errors', 'calls'] }`.
 * Null where a part it uses is null or no number, and where the result is no finite number.
 *
 * `prepareAggregate` makes the states of the parts, which may be any aggregates, composites included.
 */
export function compositeAggregate(
  prepareAggregate: (spec: AggregateSpec, unit: TimeUnit, others: Aggregates) => States,
): Aggregate {
  return {
    name: 'composite',
    needs: 'nothing',
    invertible: false,
    columns: ['parts'],
    prepare(spec, unit = 'ms', others = {}) {
      checkMembers(spec, ['parts', 'formula'])
      const { parts } = spec
      if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isSpec)) {
        throw invalidAggregate(spec, 'parts', 'must be a list of aggregates with as and aggregate')
      }
      const names = parts.map((part) => part.as)
      const twice = names.find((name, i) => names.indexOf(name) !== i)
      if (twice !== undefined) throw invalidAggregate(spec, 'parts', `has two named '${twice}'`)
      const compute = computeOf(spec['formula'], names, 0, (what) =>
        invalidAggregate(spec, 'formula', what),
      )
      return new DerivedStates(
        parts.map((part) => ({
          states: prepareAggregate({ ...part, as: `${spec.as}.${part.as}` }, unit, others),
          column: part.of === undefined ? 'none' : { named: part.of },
        })),
        compute,
      )
    },
  }
}
