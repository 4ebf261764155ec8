import { type HubProcess, pause } from './hub-process.ts'

const COUNTED_WITHIN_MS = 30_000

interface Outcomes {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
}

/** Outcomes by the hub's own count once it has counted `received` events: it looks every few seconds. */
export async function outcomes(hub: HubProcess, received: number): Promise<Outcomes> {
  const deadline = performance.now() + COUNTED_WITHIN_MS
  for (;;) {
    const { ingest } = JSON.parse((await hub.get('/stats')).text) as { ingest: Outcomes }
    const { accepted, duplicates, rejected } = ingest
    const counted = accepted + duplicates + rejected
    if (counted >= received || performance.now() > deadline)
      return { accepted, duplicates, rejected }
    await pause(50)
  }
}
