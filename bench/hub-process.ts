import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HttpConnection } from '../packages/hub/src/cli/bench/http-connection.ts'

/** Any string of 32 characters or more will do for a hub that listens on loopback for some minutes. */
export const KEY = 'bench-key-of-a-hub-that-lives-for-some-minutes'

const LAUNCHER = fileURLToPath(new URL('../packages/hub/bin/llmhub.js', import.meta.url))
const READY_WITHIN_SECONDS = 600
const STOP_LIMIT_MS = 60_000
const POLL_MS = 20
/** Clock ticks per second in /proc; 100 on every Linux there is. */
const TICKS = 100

/** Process ids to end should the benchmark itself fail. */
const running = new Set<number>()
process.once('exit', () => {
  for (const pid of running) process.kill(pid, 'SIGKILL')
})

export interface Usage {
  readonly cpuSeconds: number
  readonly rssBytes: number
}

export interface HubOptions {
  readonly dataDir: string
  readonly settings?: Readonly<Record<string, string | number>>
  /** Added to the environment, such as NODE_OPTIONS. */
  readonly env?: Readonly<Record<string, string>>
  /** Longest wait until it answers questions; default 600. */
  readonly readyWithinSeconds?: number
}

/** How a start went, from the start of the launcher on. Processor time is the hub's, without the launcher's. */
export interface Start {
  readonly listeningMs: number
  readonly listeningCpuSeconds: number
  readonly readyMs: number
  readonly readyCpuSeconds: number
}

/** A hub as people run it: the launcher and its child, on a free loopback port. */
export class HubProcess {
  readonly url: string
  /** From starting the launcher to the first /ready that says so, in milliseconds. */
  readonly readyMs: number
  /** From starting the launcher to listening. */
  readonly listeningMs: number
  readonly started: Start
  readonly #launcher: ChildProcess
  readonly #pid: number

  private constructor(launcher: ChildProcess, pid: number, url: string, started: Start) {
    this.#launcher = launcher
    this.#pid = pid
    running.add(pid)
    launcher.once('exit', () => running.delete(pid))
    this.url = url
    this.started = started
    this.listeningMs = started.listeningMs
    this.readyMs = started.readyMs
  }

  static async start({
    dataDir,
    settings = {},
    env = {},
    readyWithinSeconds = READY_WITHIN_SECONDS,
  }: HubOptions): Promise<HubProcess> {
    const all = { port: 0, data_dir: dataDir, log_level: 'warn', ...settings }
    const flags = Object.entries(all).flatMap(([path, value]) => ['--set', `${path}=${value}`])
    const start = performance.now()
    const launcher = spawn(process.execPath, [LAUNCHER, 'serve', ...flags], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, LLMHUB_NO_RESTART: '1', LLMHUB_ADMIN_KEY: KEY, ...env },
    })
    try {
      const url = await listening(launcher)
      const listeningMs = performance.now() - start
      const pid = await childOf(launcher)
      const listeningCpuSeconds = (await usageOf(pid)).cpuSeconds
      await ready(url, readyWithinSeconds)
      const readyMs = performance.now() - start
      const readyCpuSeconds = (await usageOf(pid)).cpuSeconds
      const started = { listeningMs, listeningCpuSeconds, readyMs, readyCpuSeconds }
      return new HubProcess(launcher, pid, url, started)
    } catch (error) {
      launcher.kill('SIGKILL')
      throw error
    }
  }

  get pid(): number {
    return this.#pid
  }

  connect(): Promise<HttpConnection> {
    return HttpConnection.open(this.url, KEY)
  }

  /** Processor time so far and memory now, without the launcher's; NaN where there is no /proc. */
  usage(): Promise<Usage> {
    return usageOf(this.#pid)
  }

  /** Waits until it uses less than a twentieth of a core: everything applied, rollups built. */
  async settle(limitSeconds: number): Promise<void> {
    let quiet = 0
    let { cpuSeconds } = await this.usage()
    for (let second = 0; second < limitSeconds && quiet < 4; second++) {
      await sleep(1000)
      const now = (await this.usage()).cpuSeconds
      quiet = now - cpuSeconds < 0.05 ? quiet + 1 : 0
      cpuSeconds = now
      if (Number.isNaN(now)) return
    }
  }

  /** As a crash would: no time to write anything. */
  async kill(): Promise<void> {
    const ended = endOf(this.#launcher)
    process.kill(this.#pid, 'SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    const ended = endOf(this.#launcher)
    this.#launcher.kill('SIGTERM')
    const deadline = setTimeout(() => process.kill(this.#pid, 'SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(deadline)
  }
}

/** See `HubProcess.usage`. */
async function usageOf(pid: number): Promise<Usage> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The command's name, in parentheses, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(status)
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      rssBytes: Number(rss?.[1] ?? Number.NaN) * 1024,
    }
  } catch {
    return { cpuSeconds: Number.NaN, rssBytes: Number.NaN }
  }
}

function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

function listening(launcher: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    launcher.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /ready at (http:\/\/\S+)/.exec(text)
      if (found?.[1] !== undefined) resolve(found[1])
    })
    launcher.once('exit', (code, signal) =>
      reject(new Error(`the hub ended with ${signal ?? code}: ${text}`)),
    )
  })
}

async function ready(url: string, withinSeconds: number): Promise<void> {
  const until = performance.now() + withinSeconds * 1000
  while (performance.now() < until) {
    const connection = await HttpConnection.open(url, KEY)
    const { status } = await connection.request('GET', '/ready')
    connection.close()
    if (status === 200) return
    if (status !== 503) throw new Error(`/ready answered ${status}`)
    await sleep(POLL_MS)
  }
  throw new Error(`the hub was not ready within ${withinSeconds} s`)
}

/** The hub proper: the launcher's only child; the launcher itself where there is no /proc. */
async function childOf(launcher: ChildProcess): Promise<number> {
  const pid = launcher.pid ?? 0
  try {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return Number(children.trim().split(' ')[0]) || pid
  } catch {
    return pid
  }
}

/** Bytes of all files below a folder that exist when looked at. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}
