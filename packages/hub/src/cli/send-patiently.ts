import type { ClientSettings } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { failed, type HubResponse, request } from './client.ts'

const MOST_TRIES = 60

/**
 * Sends events, waiting and sending again while the hub says that it is busy.
 * @throws CliError for any other refusal, and when it is still busy after 60 tries
 */
export async function sendPatiently(
  settings: ClientSettings,
  path: string,
  body: { readonly content: string; readonly type: string },
  clock: Clock,
): Promise<HubResponse> {
  for (let tries = 1; ; tries++) {
    const response = await request(settings, 'POST', path, body)
    if (response.status === 200 || response.status === 422) return response
    const busy = response.status === 503 || response.status === 429
    if (!busy || tries >= MOST_TRIES) throw failed(response)
    const seconds = response.retryAfterSeconds ?? 1
    await new Promise<void>((resume) => {
      clock.hold(seconds * 1000, resume)
    })
  }
}
