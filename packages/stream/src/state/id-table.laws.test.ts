import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdTable } from './id-table.ts'

/** Few distinct values, so that runs of neighbours form and are broken again. */
const value = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.constantFrom(0.5, -0.5, 1e300, 2 ** 53, -(2 ** 40), Number.POSITIVE_INFINITY),
)
const commands = fc.array(
  fc.record({ first: value, second: fc.integer({ min: 0, max: 5 }), remove: fc.boolean() }),
  { maxLength: 300 },
)

describe.each(['numbers', 'pairs'] as const)('a table of %s', (of) => {
  it('finds what a map finds', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const table = new IdTable(of)
        const model = new Map<string, number>()
        let next = 0
        for (const command of all) {
          const first = of === 'pairs' ? Math.round(command.first) | 0 : command.first
          const second = of === 'pairs' ? command.second : 0
          const name = `${first} ${second}`
          const known = model.get(name)
          expect(table.get(first, second)).toBe(known ?? -1)
          if (known === undefined) {
            table.set(first, second, next)
            model.set(name, next++)
          } else if (command.remove) {
            table.delete(known)
            model.delete(name)
          }
        }
        for (const [name, id] of model) {
          const [first, second] = name.split(' ').map(Number)
          expect(table.get(first ?? 0, second ?? 0)).toBe(id)
        }
      }),
    )
  })
})
