import { BOUNDED, OVER, SORTED_OVER } from '../sql-functions.ts'
import { isObject, type Tree, treesOf } from './sql-tree.ts'

interface WindowIssue {
  readonly message: string
  readonly hint: string
}

/**
 * What is wrong with a function over a window. Frames are worked on by the thousand in one step, so that
 * what looks at every row of a frame again would go on for hours after its deadline.
 */
export function windowIssue(name: string, call: Tree): WindowIssue | null {
  const bound = Object.hasOwn(BOUNDED, name) ? BOUNDED[name] : undefined
  const isMany = bound !== undefined && treesOf(call['children']).length > bound.argument
  if (!OVER.has(name) || isMany) {
    return { message: `${name} is not allowed over a window`, hint: 'Use it with GROUP BY.' }
  }
  const isSorted = SORTED_OVER.has(name) || call['distinct'] === true
  const hasMovingEnds = namesRows(call['start_expr']) || namesRows(call['end_expr'])
  return isSorted && hasMovingEnds
    ? {
        message: `the frame of ${name} must not depend on the row`,
        hint: 'Write the numbers of rows, or the intervals, out.',
      }
    : null
}

/** Whether anything in it may differ from row to row. */
function namesRows(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesRows)
  if (!isObject(value)) return false
  if (['COLUMN_REF', 'SUBQUERY'].includes(String(value['class']))) return true
  if (value['function_name'] === 'random') return true
  return Object.values(value).some(namesRows)
}
