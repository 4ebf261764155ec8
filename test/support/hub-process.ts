import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../../packages/hub/bin/launch.js'

/**
 * A real `llmhub serve` in a process of its own, driven over HTTP alone.
 *
 * The process is Node itself, not the launcher, so that SIGKILL hits the hub: what a signal cannot
 * reach would go on and answer. States: spawned → ready (banner, then `/ready`) → ended. Whatever
 * happens to the test, the process ends with it at the latest.
 */

export interface HubStart {
  readonly dataDir: string
  /** Option path → value, as after `--set`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly env?: Readonly<Record<string, string>>
  /** A program with its arguments that runs the hub, such as `['strace', '-f', …]`. */
  readonly under?: readonly string[]
}

export type Ending = { readonly code: number } | { readonly signal: NodeJS.Signals }

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** No answer: the request may or may not have been carried out. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

export const ADMIN_KEY = 'fault-harness-key-0123456789-abcdefghij'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = fileURLToPath(new URL('../../packages/hub/src/main.ts', import.meta.url))
const BANNER = /ready at (http:\/\/\S+)\n/
/** The end of the output is what explains a failure. */
const KEPT_OUTPUT = 256 * 1024
const READY_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 30_000
const ANSWER_WITHIN_MS = 60_000
const POLL_MS = 25

export class HubProcess {
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #spawnedAt = performance.now()
  readonly #onExit = () => this.#signal('SIGKILL')
  readonly #banner: Promise<string>
  #url = ''
  /** End of the standard output and error so far. */
  stdout = ''
  stderr = ''
  /** Resolves when the process has ended, however it ended. */
  readonly ended: Promise<Ending>
  #ending: Ending | null = null
  /** How long a client waits for an answer before it gives the connection up. */
  patienceMs = ANSWER_WITHIN_MS

  private constructor({ dataDir, settings = {}, env = {}, under = [] }: HubStart) {
    const options = { port: 0, data_dir: dataDir, ...settings }
    const [command, ...before] = [...under, process.execPath]
    const args = [
      ...before,
      '--disable-warning=ExperimentalWarning',
      '--conditions=@llmhub/source',
      MAIN,
      'serve',
      ...Object.entries(options).flatMap(([path, value]) => ['--set', `${path}=${value}`]),
    ]
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: signals must reach the hub, not only the program it runs under.
      detached: true,
    })
    process.once('exit', this.#onExit)
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending) => {
        this.#ending = ending
        this.#agent.destroy()
        process.off('exit', this.#onExit)
        resolve(ending)
      }
      this.#child.once('error', (error) => {
        this.stderr += `cannot run ${command}: ${error.message}`
        end({ code: 126 })
      })
      this.#child.once('close', (code, signal) =>
        end(signal === null ? { code: code ?? 1 } : { signal }),
      )
    })
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.stdout = `${this.stdout}${bytes.toString()}`.slice(-KEPT_OUTPUT)
    })
    this.#banner = new Promise((resolve) => {
      this.#child.stderr?.on('data', (bytes: Buffer) => {
        this.stderr = `${this.stderr}${bytes.toString()}`.slice(-KEPT_OUTPUT)
        const url = BANNER.exec(this.stderr)?.[1]
        if (url !== undefined) resolve(url)
      })
    })
  }

  /** Starts the process and answers at once. */
  static spawn(start: HubStart): HubProcess {
    return new HubProcess(start)
  }

  /** Starts the process and waits until it is ready. */
  static async start(start: HubStart): Promise<HubProcess> {
    const hub = new HubProcess(start)
    try {
      await hub.ready()
      return hub
    } catch (error) {
      await hub.kill()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#ending !== null || this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch (error) {
      // It ended a moment ago, and its exit is about to be told.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  get url(): string {
    return this.#url
  }

  get hasEnded(): boolean {
    return this.#ending !== null
  }

  /**
   * Waits until the hub answers that it is ready; the answer is the milliseconds since it was started.
   * @throws Error when it ends before, or is not ready in time
   */
  async ready(withinMs: number = READY_WITHIN_MS): Promise<number> {
    this.#url = await this.within(withinMs, 'ready', this.#banner)
    const deadline = this.#spawnedAt + withinMs
    let last = ''
    while (performance.now() < deadline && !this.hasEnded) {
      const reply = await this.get('/ready').catch(() => null)
      if (reply?.status === 200) return performance.now() - this.#spawnedAt
      last = reply?.text ?? 'no answer'
      await pause(POLL_MS)
    }
    throw new Error(`the hub is not ready: ${last}${this.story()}`)
  }

  /** `promise`, unless the process ends or the time is up before. */
  async within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not ${what} after ${ms} ms${this.story()}`)), ms)
    })
    const gone = this.ended.then((ending) => {
      throw new Error(`ended (${describeEnding(ending)}) before it was ${what}${this.story()}`)
    })
    try {
      return await Promise.race([promise, late, gone])
    } finally {
      clearTimeout(timer)
    }
  }

  /** What the hub printed, for messages. */
  story(): string {
    const tail = (text: string) => text.trimEnd().slice(-4000)
    return `\n--- stderr of the hub\n${tail(this.stderr)}\n--- stdout of the hub\n${tail(this.stdout)}\n---`
  }

  get(path: string): Promise<Reply> {
    return this.send('GET', path)
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.send('POST', path, JSON.stringify(body), 'application/json')
  }

  /** One request. @throws NoAnswer when the connection ends before the whole answer is there */
  send(method: string, path: string, body?: string, type?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const lost = (error: Error) =>
        reject(new NoAnswer(`${method} ${path}: ${error.message}`, { cause: error }))
      const outgoing = request(
        `${this.#url}${path}`,
        {
          method,
          agent: this.#agent,
          signal: AbortSignal.timeout(this.patienceMs),
          headers: {
            authorization: `Bearer ${ADMIN_KEY}`,
            ...(type === undefined ? {} : { 'content-type': type }),
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', lost)
          incoming.on('end', () => {
            if (!incoming.complete) return lost(new Error('the answer is cut off'))
            const { headers, statusCode = 0 } = incoming
            resolve({ status: statusCode, headers, text: Buffer.concat(chunks).toString('utf8') })
          })
        },
      )
      outgoing.on('error', lost)
      outgoing.end(body)
    })
  }

  /** SIGKILL, and waits for the end. */
  kill(): Promise<Ending> {
    this.#signal('SIGKILL')
    return this.ended
  }

  /** SIGSTOP: the process stands still until `goOn`. */
  standStill(): void {
    this.#signal('SIGSTOP')
  }

  /** SIGCONT. */
  goOn(): void {
    this.#signal('SIGCONT')
  }

  /** SIGTERM, without waiting. */
  askToStop(): void {
    this.#signal('SIGTERM')
  }

  /** SIGTERM, and waits for the end. @throws Error when it takes too long */
  stop(): Promise<Ending> {
    this.askToStop()
    return this.endsWithin(STOP_WITHIN_MS)
  }

  /** Waits for the end. @throws Error when it takes longer than `ms` */
  async endsWithin(ms: number): Promise<Ending> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still running after ${ms} ms${this.story()}`)), ms)
    })
    try {
      return await Promise.race([this.ended, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Runs `use` with a ready hub and ends the hub, also when `use` fails. */
export async function withHub<T>(
  start: HubStart,
  use: (hub: HubProcess) => Promise<T>,
): Promise<T> {
  const hub = await HubProcess.start(start)
  try {
    return await use(hub)
  } finally {
    await hub.kill()
  }
}

export function describeEnding(ending: Ending): string {
  return 'code' in ending ? `exit ${ending.code}` : ending.signal
}

/** Waits; only for instants of a fault and between two looks at something that has no event to wait for. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** The environment without settings of the hub that whoever runs the tests may have. */
function plainEnvironment(): Record<string, string> {
  const env: Record<string, string> = childEnv({
    LLMHUB_ADMIN_KEY: ADMIN_KEY,
    LLMHUB_NO_RESTART: '1',
  })
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG']) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}
