import type { Route } from '../route.ts'
import recorded from './answers.json' with { type: 'json' }

/** What a hub answered to the example of a route. */
export interface RecordedAnswer {
  readonly status: number
  readonly media: string
  /** Parsed JSON, or text. */
  readonly body: unknown
}

/**
 * The recorded answer of a route's example, or null. The record is made by carrying out the examples
 * (`UPDATE=1 npm test -- test/reference`), and the same test holds hubs to it.
 */
export function recordedAnswer(route: Pick<Route, 'method' | 'url'>): RecordedAnswer | null {
  const all: Readonly<Record<string, RecordedAnswer | undefined>> = recorded
  return all[`${route.method} ${route.url}`] ?? null
}
