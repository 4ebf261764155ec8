import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RESTART_POLICY, supervise } from '../../bin/supervise.js'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))
const QUICK = { ...RESTART_POLICY, firstDelayMs: 1, maxDelayMs: 4, maxCrashes: 5 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-supervise-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Supervises a fixture child; signals are sent through `signals`, its output lines come from `line()`. */
function run(args: string[], more: Partial<Parameters<typeof supervise>[0]> = {}) {
  const signals = new EventEmitter()
  const logged: string[] = []
  const output = new EventEmitter()
  const lines: string[] = []
  let lives = 0
  const start = (command: string, childArgs: string[]): ChildProcess => {
    lives++
    const child = spawn(command, childArgs, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.trimEnd().split('\n'))
      output.emit('line')
    })
    return child
  }
  const end = supervise({
    command: process.execPath,
    args: [CHILD, ...args],
    env: process.env,
    restart: null,
    signals,
    log: (message: string) => void logged.push(message),
    start: start as typeof spawn,
    ...more,
  })
  const line = async (): Promise<string> => {
    while (lines.length === 0) await once(output, 'line')
    return lines.shift() as string
  }
  return { signals, logged, line, end, lives: () => lives }
}

describe('without restarts', () => {
  it('passes the exit code on', async () => {
    expect(await run(['exit', '7']).end).toEqual({ code: 7 })
  })

  it('passes the signal on that ended the child', async () => {
    expect(await run(['die', 'SIGKILL']).end).toEqual({ signal: 'SIGKILL' })
  })

  it('says so when the program cannot be run', async () => {
    const child = run([], { command: join(folder, 'absent') })
    expect(await child.end).toEqual({ code: 126 })
    expect(child.logged[0]).toContain('cannot run')
  })

  it('leaves no signal handler behind', async () => {
    const child = run(['exit', '0'])
    expect(child.signals.listenerCount('SIGTERM')).toBe(1)
    await child.end
    expect(child.signals.eventNames()).toEqual([])
  })
})

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s is forwarded and the child ends in its own way',
    async (signal) => {
      const child = run(['stop', '3'], { restart: QUICK })
      expect(await child.line()).toBe('ready')
      child.signals.emit(signal)
      expect(await child.line()).toBe(signal)
      expect(await child.end).toEqual({ code: 3 })
      expect(child.lives()).toBe(1)
    },
  )

  it('takes signals in quick succession as one, and a later SIGINT as impatience', async () => {
    let time = 0
    const child = run(['stubborn'], { now: () => time })
    expect(await child.line()).toBe('ready')
    child.signals.emit('SIGINT')
    expect(await child.line()).toBe('SIGINT')
    time = 900
    child.signals.emit('SIGINT')
    child.signals.emit('SIGTERM')
    time = 1_000
    child.signals.emit('SIGTERM')
    child.signals.emit('SIGINT')
    expect(await child.end).toEqual({ signal: 'SIGKILL' })
  })

  it('ends the wait before a restart', async () => {
    const policy = { ...QUICK, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 }
    const signals = new EventEmitter()
    const child = run(['exit', '1'], {
      restart: policy,
      signals,
      log: () => queueMicrotask(() => signals.emit('SIGTERM')),
    })
    expect(await child.end).toEqual({ signal: 'SIGTERM' })
    expect(child.lives()).toBe(1)
  })
})

describe('restarts', () => {
  const lived = (): number => readFileSync(join(folder, 'lives'), 'utf8').length
  const lives = (...codes: number[]): string[] => [
    'lives',
    join(folder, 'lives'),
    ...codes.map(String),
  ]

  it.each([0, 2, 75, 78])('not after exit code %i', async (code) => {
    expect(await run(lives(code, 0), { restart: QUICK }).end).toEqual({ code })
    expect(lived()).toBe(1)
  })

  it('starts a crashed child again until it ends well', async () => {
    expect(await run(lives(1, 134, 0), { restart: QUICK }).end).toEqual({ code: 0 })
    expect(lived()).toBe(3)
  })

  it('starts a child again that a signal nobody sent through us has ended', async () => {
    const child = run(['die', 'SIGKILL'], { restart: { ...QUICK, maxCrashes: 3 } })
    expect(await child.end).toEqual({ signal: 'SIGKILL' })
    expect(child.lives()).toBe(3)
  })

  it('waits twice as long each time up to the cap, then gives up with the last exit code', async () => {
    const child = run(lives(9), { restart: QUICK })
    expect(await child.end).toEqual({ code: 9 })
    expect(lived()).toBe(5)
    expect(child.logged.map((line) => /again in (\d+) ms/.exec(line)?.[1])).toEqual([
      '1',
      '2',
      '4',
      '4',
      undefined,
    ])
    expect(child.logged.at(-1)).toContain('5 times in a row; giving up')
  })

  it('begins to count anew after a life of a minute', async () => {
    let time = 0
    const child = run(lives(1, 1, 1, 1, 1, 1, 1, 0), {
      restart: { ...QUICK, maxCrashes: 2 },
      // Each look at the clock is a minute later, so that every life lasts one.
      now: () => (time += RESTART_POLICY.healthyMs),
    })
    expect(await child.end).toEqual({ code: 0 })
    expect(lived()).toBe(8)
    expect(new Set(child.logged.map((line) => /again in (\d+) ms/.exec(line)?.[1]))).toEqual(
      new Set(['1']),
    )
  })
})
