import { join } from 'node:path'
import { searchFolder } from '../erasure/search-folder.ts'
import { inFolder } from '../support/folder.ts'
import { describeEnding, withHub } from '../support/hub-process.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'

/**
 * Senders older and newer than the hub. Fields nobody knows are kept with the event, a later minor
 * version is read, another major version and a field whose type has changed are rejected by name, and
 * what is right in the same request is taken in.
 */

export interface SchemaDriftReport {
  readonly taken: number
  readonly rejected: number
}

const timestamp = '2026-01-05T01:00:00Z'
const SENDER = { model_id: 'gpt-4o', user_id: 'u1', session_id: 's1' }

/** @throws FaultFound */
export function runSchemaDrift(): Promise<SchemaDriftReport> {
  return inFolder((folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    return withHub(start, async (hub) => {
      const newer = event(
        'newer',
        { schema_version: '1.999.0', region_of_the_future: 'moon' },
        {
          reasoning_style: { depth: 3 },
          usage: { input_tokens: 5, output_tokens: 7, dream_tokens: 9 },
        },
      )
      const taken = [event('plain', {}), event('first', { schema_version: '1.0.0' }), newer]
      const refused = [
        ['unsupported_version', event('next', { schema_version: '2.0.0' })],
        ['unsupported_version', event('before', { schema_version: '0.9.0' })],
        ['wrong_type', event('latency', {}, { latency_ms: { p50: 1 } })],
        ['wrong_type', event('model', {}, { model_id: { name: 'gpt-4o' } })],
        ['unknown_kind', event('kind', {}, { type: 'llm_request_v2' })],
      ] as const
      await ledger.send(hub, [
        ...taken.map((body) => ({ body, event: body, expect: 'taken' as const })),
        ...refused.map(([expect, body]) => ({ body, event: null, expect })),
      ])
      await ledger.check(hub)
      const ending = describeEnding(await hub.stop())
      if (ending !== 'exit 0') throw new FaultFound(`ended with ${ending}${hub.story()}`)
      for (const unknown of ['region_of_the_future', 'reasoning_style', 'dream_tokens']) {
        const places = await searchFolder(start.dataDir, unknown)
        if (!places.some((place) => /log|journal/.test(place)) || !/duckdb/.test(places.join())) {
          throw new FaultFound(`${unknown} was not kept: it is in [${places.join(', ')}]`)
        }
      }
      return { taken: taken.length, rejected: refused.length }
    })
  })
}

type Fields = Readonly<Record<string, unknown>>

function event(name: string, common: Fields, payload: Fields = {}) {
  return {
    common: { event_id: `drift-${name}`, timestamp, ...common },
    payload: { type: 'llm_request', ...SENDER, ...payload },
  }
}
