/** A node of the tree that the database's parser makes of a statement. */
export type Tree = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text of the node; empty where it has none. */
export function textOf(tree: Tree, key: string): string {
  const value = tree[key]
  return typeof value === 'string' ? value : ''
}

/** A whole number of the node, which errors give as a text; null where it has none. */
export function integerOf(tree: Tree, key: string): number | null {
  const value = tree[key]
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

/** Byte in the statement where the node begins, or null. */
export function locationOf(tree: Tree): number | null {
  return integerOf(tree, 'query_location')
}

export function treesOf(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The value of a constant, or undefined for anything else. */
export function constantOf(value: unknown): unknown {
  if (!isObject(value) || value['class'] !== 'CONSTANT') return undefined
  const constant = value['value']
  if (!isObject(constant)) return undefined
  return constant['is_null'] === true ? null : constant['value']
}

/** Objects and lists within one another, at most; found without recursion. */
export function depthOf(value: unknown): number {
  let depth = 0
  let level: unknown[] = [value]
  while (level.length > 0) {
    depth++
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    )
  }
  return depth
}
