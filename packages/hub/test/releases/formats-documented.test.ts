import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { CHECKPOINT_VERSION } from '../../src/live/checkpoint.ts'
import { presentFormats } from './fixture.ts'

const PAGE = fileURLToPath(new URL('../../../../docs/formats/README.md', import.meta.url))

/** Version by the name in the first column. */
function documented(): Map<string, string> {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  return new Map(rows.map(([, file = '', , version = '']) => [file, version]))
}

it('the list of files has their versions', () => {
  const { versions, control, store } = presentFormats()
  const found = documented()
  const written: readonly (readonly [string, number | undefined])[] = [
    ['`format.json`', versions['folder']],
    ['`control.sqlite`', Object.keys(control).length],
    ['`log/<partition>/*.seg`, `.seg.zst`', versions['segment']],
    ['`log/holes.json`', versions['holes']],
    ['records `events`, `rejects`', versions['batch']],
    ['records `operation`', versions['operation']],
    ['`store/store.duckdb`', Object.keys(store).length],
    ['`dedup/<ids, calls>/manifest.json`', versions['manifest']],
    ['`dedup/<ids, calls>/*.run`', versions['run']],
    ['`live/checkpoint`', CHECKPOINT_VERSION],
  ]
  expect(written.map(([file]) => [file, found.get(file)])).toEqual(
    written.map(([file, version]) => [file, String(version)]),
  )
})
