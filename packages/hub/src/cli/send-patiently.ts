import type { ClientSettings } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { failed, type HubResponse, request } from './client.ts'

const MOST_TRIES = 60

/**
 * Sends events, waiting and sending again while the hub says that it is busy. Answers what became of them.
 * @throws CliError for any other refusal, and when it is still busy after 60 tries
 */
export async function sendPatiently(
  settings: ClientSettings,
  path: string,
  body: { readonly content: string; readonly type: string },
  clock: Clock,
  signal?: AbortSignal,
): Promise<HubResponse> {
  for (let tries = 1; ; tries++) {
    const response = await request(settings, 'POST', path, body)
    // Where every event is rejected, the status is that of their code; the answer is one all the same.
    if (isAnswer(response.body)) return response
    const busy = response.status === 503 || response.status === 429
    if (!busy || tries >= MOST_TRIES || signal?.aborted === true) throw failed(response)
    const seconds = response.retryAfterSeconds ?? 1
    await new Promise<void>((resume) => {
      clock.hold(seconds * 1000, resume)
    })
  }
}

function isAnswer(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'results' in body && 'accepted' in body
}
