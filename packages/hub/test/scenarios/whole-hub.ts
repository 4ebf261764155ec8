import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../../src/config/resolve.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { type Hub, type HubStart, startHub } from '../../src/hub.ts'

/** The whole hub in this process — journal, intake, store thread, HTTP — on a folder of its own. */

const KEY = 'scenario-key-0123456789-abcdefghijklm'

export class WholeHub {
  readonly dir: string
  readonly #settings: Readonly<Record<string, string>>
  readonly #key: string | null
  readonly #clock: Clock
  #hub: Hub | null = null

  private constructor(
    dir: string,
    settings: Readonly<Record<string, string>>,
    key: string | null,
    clock: Clock,
  ) {
    this.dir = dir
    this.#key = key
    this.#clock = clock
    this.#settings = settings
  }

  /** `key` null: nobody brings a key. */
  static async in(
    settings: Readonly<Record<string, string>> = {},
    key: string | null = KEY,
    clock: Clock = systemClock,
  ): Promise<WholeHub> {
    return new WholeHub(await mkdtemp(join(tmpdir(), 'llmhub-scenario-')), settings, key, clock)
  }

  /** Starts on a port that it had before; whether it does. */
  async startOn(port: string): Promise<boolean> {
    return (await this.start({ port })).ok
  }

  /** Starts on the folder as it is. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<HubStart> {
    const resolved = resolveConfig({
      environment: {},
      flags: {
        data_dir: this.dir,
        port: '0',
        ...(this.#key === null ? {} : { admin_key: this.#key }),
        log_level: 'silent',
        'store.apply_interval_ms': '5',
        ...this.#settings,
        ...settings,
      },
      readFile: () => '',
    })
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues))
    const started = await startHub(resolved.resolved.config, this.#clock)
    if (started.ok) this.#hub = started.hub
    return started
  }

  /** @throws Error when it does not start */
  async mustStart(): Promise<Hub> {
    const started = await this.start()
    if (!started.ok) throw new Error(started.message)
    return started.hub
  }

  async stop(): Promise<void> {
    await this.#hub?.stop()
    this.#hub = null
  }

  /** Stops, throws the store away, and starts again; answers when everything is in the new one. */
  async rebuild(): Promise<void> {
    await this.stop()
    await rm(join(this.dir, 'store'), { recursive: true, force: true })
    await this.mustStart()
    while ((await fetch(`${this.url}/ready`)).status !== 200);
  }

  get url(): string {
    return this.#hub?.url ?? ''
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${KEY}` }
  }

  async call(
    path: string,
    json?: unknown,
    method = json === undefined ? 'GET' : 'POST',
  ): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: json === undefined ? null : JSON.stringify(json),
    })
    return {
      status: response.status,
      body: (await response.json()) as Readonly<Record<string, unknown>>,
    }
  }

  send(events: readonly unknown[]): ReturnType<WholeHub['call']> {
    return this.call('/api/v1/events', events)
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}
