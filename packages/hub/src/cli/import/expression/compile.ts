/**
 * Expressions of mappings: a small language over the columns of a row, compiled once to closures and
 * run for each row. It has no loops, no assignments and no way to the outside, so that a mapping of
 * somebody else can do nothing but make values, in time that its length bounds.
 *
 *     conditions   a ? b : c     a ?? b     or   and   not
 *     comparisons  == != < <= > >=
 *     arithmetic   + - * / %
 */

import { nearestName } from '@llmhub/schema'
import { type Constant, FUNCTIONS, type Lookups } from './functions.ts'
import { ExpressionError, type Token, tokensOf } from './tokens.ts'
import { difference, isTrue, numberOf, rounded, textOf, type Value, ValueError } from './value.ts'

/** Where columns come from. */
export type ColumnOf = (name: string) => Value

/** @throws ValueError when the row does not fit */
export type Expression = (column: ColumnOf) => Value

export type Compiled =
  | { readonly ok: true; readonly run: Expression }
  | { readonly ok: false; readonly message: string }

/** Compiles a text, or says what is wrong with it and where. */
export function compileExpression(text: string, lookups: Lookups = {}): Compiled {
  try {
    const parser = new Parser(tokensOf(text), lookups)
    return { ok: true, run: parser.whole().run }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return { ok: false, message: error.message }
  }
}

interface Node {
  readonly run: Expression
  /** Its value where it does not depend on the row. */
  readonly constant: Constant
}

const WORDS: Readonly<Record<string, Value>> = { true: true, false: false, null: null }
const RESERVED = ['and', 'or', 'not']
const DEEPEST = 100

type Operation = (a: Value, b: Value) => Value

function arithmetic(of: (a: number, b: number) => number): Operation {
  return (a, b) => {
    const left = numberOf(a)
    const right = numberOf(b)
    if (left === null || right === null) return null
    const result = of(left, right)
    return Number.isFinite(result) ? rounded(result) : null
  }
}

/** Numbers where one is a number and the other can be one, else texts; null is equal to null alone. */
function compare(a: Value, b: Value): number | null {
  if (a === null || b === null) return null
  if (typeof a === 'number' || typeof b === 'number') {
    const left = asNumber(a)
    const right = asNumber(b)
    if (left !== null && right !== null) return left - right
  }
  const left = textOf(a) ?? ''
  const right = textOf(b) ?? ''
  return left < right ? -1 : left > right ? 1 : 0
}

function asNumber(value: Value): number | null {
  try {
    return numberOf(value)
  } catch {
    return null
  }
}

function comparison(holds: (order: number) => boolean): Operation {
  return (a, b) => {
    const order = compare(a, b)
    return order !== null && holds(order)
  }
}

const equal: Operation = (a, b) => (a === null || b === null ? a === b : compare(a, b) === 0)

/** Binary signs by how tightly they bind, loosest first. */
const LEVELS: readonly Readonly<Record<string, Operation>>[] = [
  {
    '==': equal,
    '!=': (a, b) => equal(a, b) === false,
    '<': comparison((order) => order < 0),
    '<=': comparison((order) => order <= 0),
    '>': comparison((order) => order > 0),
    '>=': comparison((order) => order >= 0),
  },
  { '+': arithmetic((a, b) => a + b), '-': arithmetic(difference) },
  {
    '*': arithmetic((a, b) => a * b),
    '/': arithmetic((a, b) => a / b),
    '%': arithmetic((a, b) => a % b),
  },
]

class Parser {
  readonly #tokens: readonly Token[]
  readonly #lookups: Lookups
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], lookups: Lookups) {
    this.#tokens = tokens
    this.#lookups = lookups
  }

  whole(): Node {
    const node = this.#condition()
    const token = this.#next
    if (token.type !== 'end') throw this.#unexpected(token)
    return node
  }

  get #next(): Token {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new Error('read beyond the end of an expression')
    return token
  }

  /** Takes a sign or word if it comes next. */
  #take(value: string): boolean {
    const token = this.#next
    const isWord = token.type === 'name' && !token.quoted && token.value === value
    if (!isWord && !(token.type === 'sign' && token.value === value)) return false
    this.#at++
    return true
  }

  #must(value: string): void {
    if (!this.#take(value)) throw this.#unexpected(this.#next, `"${value}" is missing`)
  }

  #unexpected(token: Token, message?: string): ExpressionError {
    if (message !== undefined) return new ExpressionError(message, token.at)
    if (token.type === 'end') return new ExpressionError('something is missing', token.at)
    return new ExpressionError(`"${token.value}" is not expected`, token.at)
  }

  #condition(): Node {
    if (++this.#depth > DEEPEST) throw this.#unexpected(this.#next, 'nested too deeply')
    const condition = this.#coalesced()
    let node = condition
    if (this.#take('?')) {
      const yes = this.#condition()
      this.#must(':')
      const no = this.#condition()
      node = {
        run: (column) => (isTrue(condition.run(column)) ? yes.run(column) : no.run(column)),
        constant: undefined,
      }
    }
    this.#depth--
    return node
  }

  #coalesced(): Node {
    return this.#chain(
      '??',
      () => this.#either(),
      (nodes, column) => {
        let value: Value = null
        for (const { run } of nodes) {
          value = run(column)
          if (value !== null && value !== '') return value
        }
        return value
      },
    )
  }

  #either(): Node {
    return this.#chain(
      'or',
      () => this.#both(),
      (nodes, column) => nodes.some(({ run }) => isTrue(run(column))),
    )
  }

  #both(): Node {
    return this.#chain(
      'and',
      () => this.#negated(),
      (nodes, column) => nodes.every(({ run }) => isTrue(run(column))),
    )
  }

  /** `a word b word c`: none of them is worked out before it is needed. */
  #chain(
    word: string,
    operand: () => Node,
    run: (nodes: readonly Node[], column: ColumnOf) => Value,
  ): Node {
    const first = operand()
    if (!this.#take(word)) return first
    const nodes = [first]
    do nodes.push(operand())
    while (this.#take(word))
    return { run: (column) => run(nodes, column), constant: undefined }
  }

  #negated(): Node {
    if (!this.#take('not')) return this.#binary(0)
    if (++this.#depth > DEEPEST) throw this.#unexpected(this.#next, 'nested too deeply')
    const inner = this.#negated()
    this.#depth--
    return { run: (column) => !isTrue(inner.run(column)), constant: undefined }
  }

  #binary(level: number): Node {
    const operations = LEVELS[level]
    if (operations === undefined) return this.#signed()
    let node = this.#binary(level + 1)
    for (;;) {
      const token = this.#next
      const operation =
        token.type === 'sign' && Object.hasOwn(operations, token.value)
          ? operations[token.value]
          : undefined
      if (operation === undefined) return node
      this.#at++
      const left = node
      const right = this.#binary(level + 1)
      node = {
        run: (column) => operation(left.run(column), right.run(column)),
        constant: undefined,
      }
    }
  }

  #signed(): Node {
    if (!this.#take('-')) return this.#primary()
    if (++this.#depth > DEEPEST) throw this.#unexpected(this.#next, 'nested too deeply')
    const inner = this.#signed()
    this.#depth--
    const negate = (value: Value): Value => {
      const number = numberOf(value)
      return number === null ? null : -number
    }
    const { constant } = inner
    return {
      run: (column) => negate(inner.run(column)),
      constant: typeof constant === 'number' ? -constant : undefined,
    }
  }

  #primary(): Node {
    const token = this.#next
    if (this.#take('(')) {
      const node = this.#condition()
      this.#must(')')
      return node
    }
    if (token.type === 'end' || token.type === 'sign') throw this.#unexpected(token)
    this.#at++
    const { value } = token
    if (token.type !== 'name') return constantNode(value)
    if (!token.quoted && this.#take('(')) return this.#call(token.value, token.at)
    if (!token.quoted && Object.hasOwn(WORDS, token.value)) {
      return constantNode(WORDS[token.value] ?? null)
    }
    if (!token.quoted && RESERVED.includes(token.value)) throw this.#unexpected(token)
    const name = token.value
    return { run: (column) => column(name), constant: undefined }
  }

  #call(name: string, at: number): Node {
    const spec = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (spec === undefined) {
      const near = nearestName(name, Object.keys(FUNCTIONS))
      const meant = near === null ? '' : `; did you mean ${near}?`
      throw new ExpressionError(`there is no function ${name}${meant}`, at)
    }
    const nodes: Node[] = []
    if (!this.#take(')')) {
      do nodes.push(this.#condition())
      while (this.#take(','))
      this.#must(')')
    }
    if (nodes.length < spec.least || nodes.length > (spec.most ?? nodes.length)) {
      throw new ExpressionError(`${name} is written ${spec.form}`, at)
    }
    try {
      const call = spec.make(
        nodes.map(({ constant }) => constant),
        this.#lookups,
      )
      return { run: (column) => call(nodes.map(({ run }) => run(column))), constant: undefined }
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      throw new ExpressionError(`${name}: ${error.message}`, at)
    }
  }
}

function constantNode(value: Value): Node {
  return { run: () => value, constant: value }
}
