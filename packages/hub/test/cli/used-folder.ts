import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WholeHub } from '../scenarios/whole-hub.ts'

/** A data folder that a hub has used and left, made once and copied for whoever breaks it. */
export class UsedFolder {
  readonly #hub: WholeHub

  private constructor(hub: WholeHub) {
    this.#hub = hub
  }

  static async make(): Promise<UsedFolder> {
    const hub = await WholeHub.in({}, null)
    const { firstKey, url } = await hub.mustStart()
    const headers = { authorization: `Bearer ${firstKey}`, 'content-type': 'application/json' }
    // One request after the other, so that the log has several records.
    for (let i = 0; i < 5; i++) {
      const event = {
        common: { event_id: `used-${i}`, timestamp: '2026-11-20T10:00:00Z' },
        payload: { type: 'llm_request', model_id: 'gpt-4o', user_id: 'ann' },
      }
      const body = JSON.stringify(event)
      const response = await fetch(`${url}/api/v1/events`, { method: 'POST', headers, body })
      if (response.status !== 200) throw new Error(await response.text())
    }
    await hub.stop()
    return new UsedFolder(hub)
  }

  copy(): string {
    const folder = mkdtempSync(join(tmpdir(), 'llmhub-used-'))
    cpSync(this.#hub.dir, folder, { recursive: true })
    return folder
  }

  remove(): void {
    rmSync(this.#hub.dir, { recursive: true, force: true })
  }
}

/** Turns one byte in the middle of the live log over, so that a whole record before its end is damaged. */
export function damageLog(dataDir: string): void {
  const folder = join(dataDir, 'log', '0')
  const segment = readdirSync(folder).find((name) => name.includes('.seg'))
  if (segment === undefined) throw new Error(`no segment in ${folder}`)
  const path = join(folder, segment)
  const bytes = readFileSync(path)
  // Segments are longer than what is in them: the middle of what was written counts.
  const written = bytes.findLastIndex((byte) => byte !== 0)
  const middle = written >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}
