import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface Verification {
  readonly checked: readonly { readonly name: string; readonly count: number }[]
  readonly problems: readonly string[]
}

/** Checks a part of the hub's data; null when the part cannot be checked now. */
export type Verify = (what: 'log' | 'store' | 'rollups') => Promise<Verification | null>

const SCHEMA = {
  title: 'Verification',
  type: 'object',
  required: ['checked', 'problems'],
  properties: {
    checked: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'count'],
        properties: { name: { type: 'string' }, count: { type: 'integer' } },
        additionalProperties: false,
      },
    },
    problems: { type: 'array', items: { type: 'string' } },
  },
  additionalProperties: false,
} as const

/** `POST /api/v1/verify/:what`: one check at a time, because each reads everything. */
export function verifyRoutes(verify: Verify, random: () => number): readonly Route[] {
  let running = false

  async function run(call: Call): Promise<Reply | Problem> {
    const { what } = call.params
    if (what !== 'log' && what !== 'store' && what !== 'rollups') {
      return problem('not_found', 'what can be verified: log, store, rollups')
    }
    if (running) return problem('conflict', 'a verification is under way')
    running = true
    try {
      const body = await verify(what)
      if (body !== null) return { status: 200, body }
      const message = 'the store cannot be checked now'
      return problem('store_rebuilding', message, retryAfter('store_rebuilding', random))
    } finally {
      running = false
    }
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/verify/:what',
      permission: 'ops:read',
      summary: 'Check that the log, the store or the rollups are whole',
      tags: ['operations'],
      params: { what: '`log`, `store` or `rollups`.' },
      responses: {
        200: {
          description: 'What was looked at, and what is wrong.',
          content: { 'application/json': SCHEMA },
        },
      },
      problems: ['not_found', 'conflict', 'store_rebuilding'],
      handle: run,
    },
  ]
}
