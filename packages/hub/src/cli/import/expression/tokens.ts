/** The words of an expression. */
export type Token =
  | { readonly type: 'number'; readonly value: number; readonly at: number }
  /** A text in quotes. */
  | { readonly type: 'text'; readonly value: string; readonly at: number }
  /** A column, a function or a word of the language; `quoted` is a column for certain. */
  | { readonly type: 'name'; readonly value: string; readonly quoted: boolean; readonly at: number }
  | { readonly type: 'sign'; readonly value: string; readonly at: number }
  | { readonly type: 'end'; readonly at: number }

/** What is wrong with an expression, and at which character, from 1. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'

  constructor(message: string, at: number) {
    super(`${message} (at character ${at + 1})`)
  }
}

const SPACE = /\s+/uy
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/uy
const NAME = /[$\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+)*/uy
const QUOTED = /'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`/uy
const SIGN = /\?\?|==|!=|<=|>=|[-+*/%<>?:(),]/uy

/** Greatest length of an expression in characters. */
const LONGEST_EXPRESSION = 4000

/** @throws ExpressionError */
export function tokensOf(text: string): Token[] {
  if (text.length > LONGEST_EXPRESSION) {
    throw new ExpressionError(`longer than ${LONGEST_EXPRESSION} characters`, LONGEST_EXPRESSION)
  }
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  while (at < text.length) {
    const space = match(SPACE)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const found = match(NUMBER) ?? match(NAME) ?? match(QUOTED) ?? match(SIGN)
    if (found === null) throw new ExpressionError(`"${text[at]}" means nothing here`, at)
    tokens.push(tokenOf(found, at))
    at += found[0].length
  }
  tokens.push({ type: 'end', at: text.length })
  return tokens
}

function tokenOf(found: RegExpExecArray, at: number): Token {
  const [whole, single, double, column] = found
  if (/^\d/u.test(whole)) return { type: 'number', value: Number(whole), at }
  if (single !== undefined) return { type: 'text', value: single.replaceAll("''", "'"), at }
  if (double !== undefined) return { type: 'text', value: double.replaceAll('""', '"'), at }
  if (column !== undefined) {
    return { type: 'name', value: column.replaceAll('``', '`'), quoted: true, at }
  }
  if (/^[$\p{L}_]/u.test(whole)) return { type: 'name', value: whole, quoted: false, at }
  return { type: 'sign', value: whole, at }
}
