/**
 * Formulas over measures: numbers, names, + − * /, unary minus and parentheses, nothing else.
 * Money enters in dollars; the result is a plain number. Null in gives null out, and so does a
 * division by zero or anything that is not finite.
 *
 *   sum     := product (('+' | '-') product)*
 *   product := unary (('*' | '/') unary)*
 *   unary   := '-' unary | number | name | '(' sum ')'
 */

export type Formula =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'negate'; readonly of: Formula }
  | { readonly op: '+' | '-' | '*' | '/'; readonly left: Formula; readonly right: Formula }

export const FORMULA_LIMITS = { length: 500, tokens: 200, depth: 32 } as const

export type FormulaParse =
  | { readonly ok: true; readonly formula: Formula; readonly names: readonly string[] }
  | { readonly ok: false; readonly message: string }

interface Token {
  readonly text: string
  readonly at: number
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)|([-+*/()]))/uy

class FormulaError extends Error {}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN)
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    if (text.slice(at).trim() === '') break
    const match = pattern.exec(text)
    if (match === null) throw new FormulaError(`unexpected "${text.slice(at).trim().slice(0, 10)}"`)
    tokens.push({ text: match[0].trim(), at: pattern.lastIndex - match[0].trim().length })
    if (tokens.length > FORMULA_LIMITS.tokens) {
      throw new FormulaError(`more than ${FORMULA_LIMITS.tokens} parts`)
    }
  }
  return tokens
}

/** Recursive descent over the tokens; `depth` bounds the recursion. */
class Parser {
  readonly #tokens: readonly Token[]
  readonly names = new Set<string>()
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Formula {
    const formula = this.#sum(0)
    const rest = this.#tokens[this.#next]
    if (rest !== undefined) throw new FormulaError(`unexpected "${rest.text}" at ${rest.at}`)
    return formula
  }

  #sum(depth: number): Formula {
    let left = this.#product(depth)
    for (let op = this.#take('+', '-'); op !== null; op = this.#take('+', '-')) {
      left = { op, left, right: this.#product(depth) }
    }
    return left
  }

  #product(depth: number): Formula {
    let left = this.#unary(depth)
    for (let op = this.#take('*', '/'); op !== null; op = this.#take('*', '/')) {
      left = { op, left, right: this.#unary(depth) }
    }
    return left
  }

  #unary(depth: number): Formula {
    if (depth > FORMULA_LIMITS.depth) {
      throw new FormulaError(`nested more than ${FORMULA_LIMITS.depth} deep`)
    }
    if (this.#take('-') !== null) return { op: 'negate', of: this.#unary(depth + 1) }
    if (this.#take('(') !== null) {
      const inner = this.#sum(depth + 1)
      if (this.#take(')') === null) throw new FormulaError('")" is missing')
      return inner
    }
    const token = this.#tokens[this.#next]
    if (token === undefined) throw new FormulaError('it ends too early')
    this.#next++
    if (/^[.\d]/u.test(token.text)) {
      const value = Number(token.text)
      if (!Number.isFinite(value)) throw new FormulaError(`"${token.text}" is too large`)
      return { op: 'number', value }
    }
    if (!/^[A-Za-z_]/u.test(token.text)) {
      throw new FormulaError(`unexpected "${token.text}" at ${token.at}`)
    }
    this.names.add(token.text)
    return { op: 'name', name: token.text }
  }

  #take<Text extends string>(...texts: readonly Text[]): Text | null {
    const token = this.#tokens[this.#next]?.text
    const found = texts.find((text) => text === token)
    if (found === undefined) return null
    this.#next++
    return found
  }
}

/** Never throws; the message says what is wrong and where. */
export function parseFormula(text: string): FormulaParse {
  if (text.length > FORMULA_LIMITS.length) {
    return { ok: false, message: `longer than ${FORMULA_LIMITS.length} characters` }
  }
  try {
    const parser = new Parser(tokenize(text))
    const formula = parser.parse()
    return { ok: true, formula, names: [...parser.names] }
  } catch (error) {
    if (error instanceof FormulaError) return { ok: false, message: error.message }
    throw error
  }
}

/** @param lookup value of a name; null when there is none */
export function evaluateFormula(
  formula: Formula,
  lookup: (name: string) => number | null,
): number | null {
  switch (formula.op) {
    case 'number':
      return formula.value
    case 'name':
      return lookup(formula.name)
    case 'negate': {
      const value = evaluateFormula(formula.of, lookup)
      return value === null ? null : -value
    }
    case '+':
    case '-':
    case '*':
    case '/': {
      const left = evaluateFormula(formula.left, lookup)
      const right = evaluateFormula(formula.right, lookup)
      if (left === null || right === null) return null
      const value = combine(formula.op, left, right)
      return Number.isFinite(value) ? value : null
    }
  }
}

function combine(op: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? Number.NaN : left / right
  }
}
