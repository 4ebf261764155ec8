import { expect, it } from 'vitest'
import { nearestName } from './nearest-name.ts'

it.each([
  ['prot', 'port'],
  ['dryrun', 'dryRun'],
  ['DRYRUN', 'dryRun'],
  ['hots', 'host'],
  ['something else', null],
  ['', null],
  ['x'.repeat(1000), null],
])('%s: %s', (name, nearest) => {
  expect(nearestName(name, ['port', 'host', 'dryRun'])).toBe(nearest)
})
