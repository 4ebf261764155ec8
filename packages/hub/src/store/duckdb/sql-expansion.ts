import { isObject, type Tree, treesOf } from './sql-tree.ts'

/** More nodes than any statement may have: counting goes no further. */
const ENOUGH = 1_000_000

/**
 * What the use of aliases costs in a SELECT. The planner writes an alias out wherever the same select
 * list, or a condition of the same SELECT, names it: `1 AS a, a + a AS b, b + b AS c, …` doubles with
 * every item, and planning cannot be interrupted. Answers, for each part, the nodes it gets in addition
 * to those it has.
 */
export function aliasCosts(
  select: Tree,
): readonly { readonly expression: Tree; readonly cost: number }[] {
  const sizes = new Map<string, number>()
  const costs: { expression: Tree; cost: number }[] = []
  for (const expression of treesOf(select['select_list'])) {
    const { own, used } = sizeOf(expression, sizes)
    costs.push({ expression, cost: used })
    const alias = expression['alias']
    if (typeof alias === 'string') sizes.set(alias.toLowerCase(), Math.min(own + used, ENOUGH))
  }
  if (sizes.size === 0) return []
  for (const [key, value] of Object.entries(select)) {
    if (key === 'select_list' || key === 'from_table' || key === 'cte_map') continue
    const { used } = sizeOf(value, sizes)
    if (used > 0) costs.push({ expression: select, cost: used })
  }
  return costs
}

/** Nodes of a part, and those that the aliases it names stand for. */
function sizeOf(
  value: unknown,
  sizes: ReadonlyMap<string, number>,
): { readonly own: number; readonly used: number } {
  let own = 0
  let used = 0
  const visit = (each: unknown): void => {
    if (Array.isArray(each)) {
      for (const part of each) visit(part)
      return
    }
    if (!isObject(each)) return
    own++
    const names = each['column_names']
    if (each['class'] === 'COLUMN_REF' && Array.isArray(names)) {
      used = Math.min(used + (sizes.get(String(names.at(-1)).toLowerCase()) ?? 0), ENOUGH)
    }
    for (const part of Object.values(each)) visit(part)
  }
  visit(value)
  return { own, used }
}
