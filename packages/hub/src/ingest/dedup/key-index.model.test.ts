import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import { hashKeyFrom, KeyHasher } from './key-hash.ts'
import { KeyIndex } from './key-index.ts'
import { MemoryRunFiles } from './memory-run-files.fixture.ts'
import { openRunFolder } from './node-run-files.ts'
import type { RunFiles } from './run-files.ts'

const KEY = hashKeyFrom(new Uint8Array(16))
const hasher = new KeyHasher()
const words = (n: number): [number, number, number, number] => {
  hasher.hash(KEY, String(n))
  const { out } = hasher
  return [out[0] ?? 0, out[1] ?? 0, out[2] ?? 0, out[3] ?? 0]
}

/** The log behind the index: what was put, in order. */
interface Entry {
  readonly key: number
  readonly value: number
  readonly second: number
}

class Harness {
  readonly clock = manualClock(1_000_000_000)
  readonly log: Entry[] = []
  readonly files: RunFiles
  index!: KeyIndex
  readonly #limits: { horizonSeconds: number; maxKeys: number }

  constructor(files: RunFiles, limits = { horizonSeconds: 1e9, maxKeys: 1e9 }) {
    this.files = files
    this.#limits = limits
  }

  get second(): number {
    return Math.floor(this.clock.now() / 1000)
  }

  /** Opens the index and enters from the log what it does not cover. */
  async open(): Promise<void> {
    const { files, clock } = this
    const options = { files, clock, valueWords: 2, runKeys: 8, ...this.#limits }
    this.index = await KeyIndex.open(options)
    for (let at = Number(this.index.covered.get(0) ?? 0n); at < this.log.length; at++)
      this.#enter(at)
  }

  put(key: number, value: number): void {
    this.log.push({ key, value, second: this.second })
    this.#enter(this.log.length - 1)
  }

  #enter(at: number): void {
    const entry = this.log[at]
    if (entry === undefined) return
    this.index.put(...words(entry.key), Int32Array.of(entry.value, entry.second))
    this.index.advance(0, BigInt(at + 1))
  }

  find(key: number): number | null {
    return this.index.find(...words(key)) ? (this.index.found[0] ?? null) : null
  }

  /** The keys that the index answers wrongly: not the newest value, or forgotten without saying so. */
  wrong(): number[] {
    const model = new Map<number, Entry>()
    for (const entry of this.log) model.set(entry.key, entry)
    return Array.from({ length: 120 }, (_, key) => key).filter((key) => {
      const entry = model.get(key)
      const found = this.find(key)
      if (entry === undefined || found !== null) return found !== (entry?.value ?? null)
      return !this.index.mayHaveForgotten(entry.second * 1e6)
    })
  }

  check(): void {
    const wrong = this.wrong()
    if (wrong.length > 0) throw new Error(`the index is wrong about the keys ${wrong.join(', ')}`)
  }
}

type Step =
  | { do: 'put'; key: number; value: number }
  | { do: 'idle' | 'close' | 'crash' | 'check' }
  | { do: 'wait'; seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.nat(99), value: fc.nat(1000) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('idle' as const, 'check' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'crash' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(6) }) },
)

async function run(harness: Harness, steps: readonly Step[]): Promise<void> {
  for (const current of steps) {
    switch (current.do) {
      case 'put':
        harness.put(current.key, current.value)
        break
      case 'idle':
        await harness.index.idle()
        break
      case 'close':
        await harness.index.close()
        await harness.open()
        break
      case 'crash':
        // The old index is abandoned in the middle of whatever it does; the new one gets its files.
        await harness.open()
        break
      case 'wait':
        harness.clock.advance(current.seconds * 1000)
        break
      case 'check':
        harness.check()
        break
    }
  }
  harness.check()
  await harness.index.idle()
  harness.check()
}

/** A view of files that stops working, as the process that had it does. */
function mortal(files: MemoryRunFiles): { view: RunFiles; kill: () => void } {
  let dead = false
  const never = new Promise<never>(() => undefined)
  const guard = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => {
    return (...args: A): Promise<T> =>
      dead ? never : call(...args).then((value) => (dead ? never : value))
  }
  const view: RunFiles = {
    list: guard(() => files.list()),
    read: guard((name) => files.read(name)),
    replace: guard((name, bytes) => files.replace(name, bytes)),
    create: guard(async (name) => {
      const sink = await files.create(name)
      return {
        write: guard((bytes) => sink.write(bytes)),
        finish: guard(() => sink.finish()),
        abandon: () => sink.abandon(),
      }
    }),
    open: guard((name) => files.open(name)),
    remove: guard((name) => files.remove(name)),
  }
  return {
    view,
    kill: () => {
      dead = true
    },
  }
}

class MortalHarness extends Harness {
  readonly #disk: MemoryRunFiles
  #kill: () => void = () => undefined

  constructor(disk: MemoryRunFiles, limits?: { horizonSeconds: number; maxKeys: number }) {
    super(disk, limits)
    this.#disk = disk
  }

  override async open(): Promise<void> {
    this.#kill()
    const { view, kill } = mortal(this.#disk)
    this.#kill = kill
    ;(this as { files: RunFiles }).files = view
    await super.open()
  }
}

describe('KeyIndex', () => {
  it('equals a map, through restarts, crashes and merges', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 30, maxLength: 300, size: 'max' }),
        async (steps) => {
          const harness = new MortalHarness(new MemoryRunFiles())
          await harness.open()
          await run(harness, steps)
          expect(harness.index.mayHaveForgotten(0)).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('forgets only what lies before its horizon, and says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 30, maxLength: 300, size: 'max' }),
        fc.record({
          horizonSeconds: fc.integer({ min: 2, max: 30 }),
          maxKeys: fc.integer({ min: 10, max: 60 }),
        }),
        async (steps, limits) => {
          const harness = new MortalHarness(new MemoryRunFiles(), limits)
          await harness.open()
          await run(harness, steps)
          expect(harness.wrong()).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps what it covers when it is closed, also when no key came', async () => {
    const options = {
      files: new MemoryRunFiles(),
      clock: manualClock(0),
      valueWords: 1,
      horizonSeconds: 10,
      maxKeys: 10,
    }
    for (const next of [5n, 9n]) {
      const index = await KeyIndex.open(options)
      index.advance(0, next)
      await index.close()
      const again = await KeyIndex.open(options)
      expect(again.covered).toEqual(new Map([[0, next]]))
      await again.close()
    }
  })

  it('survives the failure of any file operation, once or for good', async () => {
    for (const sticky of [false, true]) {
      for (let n = 1; ; n++) {
        const disk = new MemoryRunFiles()
        const harness = new MortalHarness(disk)
        await harness.open()
        let count = 0
        let hit = false
        disk.fault = () => {
          count++
          if (count === n || (sticky && count > n)) {
            hit = true
            throw new Error('injected')
          }
        }
        for (let i = 0; i < 60; i++) {
          harness.put(i % 90, i)
          if (i % 8 === 7) {
            await harness.index.idle()
            harness.clock.advance(10_000)
            harness.check()
          }
        }
        disk.fault = () => undefined
        await harness.open()
        harness.check()
        for (let i = 0; i < 30; i++) harness.put(i, 1000 + i)
        await harness.index.idle()
        harness.check()
        await harness.index.close()
        await harness.open()
        expect(harness.wrong()).toEqual([])
        if (!hit) break
      }
    }
  })

  it('starts empty when a run is missing or damaged, and is rebuilt', async () => {
    const disk = new MemoryRunFiles()
    const harness = new MortalHarness(disk)
    await harness.open()
    for (let i = 0; i < 40; i++) {
      harness.put(i, i)
      if (i % 8 === 7) await harness.index.idle()
    }
    await harness.index.close()
    const runs = [...disk.files.keys()].filter((name) => name.endsWith('.run'))
    expect(runs.length).toBeGreaterThan(1)
    const saved = new Map(disk.files)
    for (const name of runs) {
      for (const damage of ['missing', 'tail', 'manifest']) {
        disk.files.clear()
        for (const [file, bytes] of saved) disk.files.set(file, bytes.slice())
        const bytes = disk.files.get(name)?.slice()
        if (damage === 'missing') disk.files.delete(name)
        else if (damage === 'tail' && bytes !== undefined) {
          bytes[bytes.length - 50] = (bytes[bytes.length - 50] ?? 0) ^ 1
          disk.files.set(name, bytes)
        } else disk.files.set('manifest.json', new TextEncoder().encode('{}\n0'))
        await harness.open()
        harness.check()
        await harness.index.close()
      }
    }
  })

  it('gives up a run with a damaged page: says what it forgot, and is whole after the next start', async () => {
    const disk = new MemoryRunFiles()
    const harness = new MortalHarness(disk)
    await harness.open()
    for (let i = 0; i < 8; i++) harness.put(i, i)
    await harness.index.idle()
    const name = [...disk.files.keys()].find((file) => file.endsWith('.run')) ?? ''
    const bytes = disk.files.get(name)
    if (bytes === undefined) throw new Error('no run')
    bytes[100] = (bytes[100] ?? 0) ^ 1
    harness.check()
    expect(harness.find(3)).toBe(null)
    expect(harness.index.stats()).toMatchObject({ damagedRuns: 1, runs: 0 })
    await harness.index.idle()
    await harness.index.close()
    await harness.open()
    harness.check()
    expect(harness.find(3)).toBe(3)
    expect(harness.index.mayHaveForgotten(0)).toBe(false)
  })

  it('works on real files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'llmhub-index-'))
    try {
      const harness = new Harness(await openRunFolder(join(folder, 'ids')))
      await harness.open()
      for (let i = 0; i < 100; i++) {
        harness.put(i % 70, i)
        if (i % 10 === 0) await harness.index.idle()
      }
      await harness.index.idle()
      harness.check()
      await harness.index.close()
      await harness.open()
      expect(harness.index.stats().runs).toBeGreaterThan(0)
      harness.check()
      await harness.index.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
