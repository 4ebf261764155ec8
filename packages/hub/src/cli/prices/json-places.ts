/** Where the values of a JSON text are, so that a problem can be shown with its line. */

export interface Place {
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface JsonPlaces {
  /** Place of the value at a JSON pointer, else of the nearest one around it. */
  at(pointer: string): Place
  /** Pointers of keys that an object has twice: of those only the last counts. */
  readonly twice: readonly string[]
}

/** Finds the places of all values. The text must be valid JSON. Cost: one pass. */
export function jsonPlaces(text: string): JsonPlaces {
  const offsets = new Map<string, number>()
  const twice: string[] = []
  let at = 0

  const skip = (): void => {
    while (at < text.length && ' \t\n\r,:'.includes(text[at] ?? '')) at++
  }
  const skipString = (): string => {
    const start = at++
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at++
    return text.slice(start, at)
  }
  function value(pointer: string): void {
    skip()
    offsets.set(pointer, at)
    const mark = text[at]
    if (mark === '"') skipString()
    else if (mark === '{' || mark === '[') {
      at++
      const keys = new Set<string>()
      for (let i = 0; ; i++) {
        skip()
        if (text[at] === '}' || text[at] === ']') break
        if (mark === '[') value(`${pointer}/${i}`)
        else member(pointer, keys)
      }
      at++
    } else while (at < text.length && !' \t\n\r,}]'.includes(text[at] ?? '')) at++
  }
  function member(pointer: string, keys: Set<string>): void {
    const start = at
    const key = JSON.parse(skipString()) as string
    const inner = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (keys.has(inner)) twice.push(inner)
    keys.add(inner)
    value(inner)
    // The line of the key is what people look for.
    offsets.set(inner, start)
  }
  value('')

  /** Where each line begins. */
  const lines = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines.push(i + 1)
  return {
    twice,
    at(pointer) {
      let known = pointer
      while (!offsets.has(known) && known !== '') known = known.slice(0, known.lastIndexOf('/'))
      const offset = offsets.get(known) ?? 0
      let [low, high] = [0, lines.length - 1]
      while (low < high) {
        const middle = Math.ceil((low + high) / 2)
        if ((lines[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return { line: low + 1, column: offset - (lines[low] ?? 0) + 1 }
    },
  }
}
