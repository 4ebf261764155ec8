import type { ClientSettings } from '../config/load.ts'
import { request } from './client.ts'

/**
 * Whoever asks right after an import expects its rows in the answer, and the store may be half a second
 * behind the log. The hub waits for a position at most 2 s.
 */
export async function waitUntilAnswerable(
  settings: ClientSettings,
  position: string,
): Promise<boolean | null> {
  const question = { kind: 'table', measures: ['requests.count'], from: 'now-1m', after: position }
  const body = { content: JSON.stringify(question), type: 'application/json' }
  const response = await request(settings, 'POST', '/api/v1/query', body)
  if (response.status !== 200) return null
  return !(response.body as { meta: { partial: boolean } }).meta.partial
}
