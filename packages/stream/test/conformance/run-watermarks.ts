import {
  ByteReader,
  ByteWriter,
  CombinedWatermark,
  IdleClock,
  StreamError,
  WatermarkGenerator,
} from '../../src/index.ts'
import type { CombineCase, GeneratorCase, IdlenessCase } from './case.ts'
import { isSame, Mismatch } from './mismatch.ts'

interface Snapshotted {
  write(out: ByteWriter): void
  read(from: ByteReader): void
}

/** `fresh` with the state of `from`: what a restart gives. */
function restarted<T extends Snapshotted>(from: T, fresh: T): T {
  const out = new ByteWriter()
  from.write(out)
  fresh.read(new ByteReader(out.finish()))
  return fresh
}

function check(at: string, got: unknown, wanted: unknown): void {
  if (isSame(got, wanted) && isSame(wanted, got)) return
  throw new Mismatch(at, `${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`)
}

/** −∞ as null and the end of time by its name, as the cases write them. */
function named(watermark: number): number | 'end' | null {
  if (watermark === Number.NEGATIVE_INFINITY) return null
  return watermark >= 8.64e15 ? 'end' : watermark
}

export function runCombineCase(testCase: CombineCase): void {
  for (const restarts of [false, true]) runCombine(testCase, restarts)
}

function runCombine({ inputs, wakes, steps }: CombineCase, restarts: boolean): void {
  let combined = new CombinedWatermark()
  for (let i = 0; i < inputs; i++) combined.add(String(i))
  let said: { watermark?: number; status?: string } = {}
  for (const [i, step] of steps.entries()) {
    const at = `step ${i + 1}`
    if ('expect' in step) {
      check(at, said, step.expect)
      said = {}
      continue
    }
    if ('state' in step) {
      check(at, { watermark: named(combined.watermark), idle: combined.idle }, step.state)
      continue
    }
    const note = ({
      watermark,
      idle,
    }: {
      watermark: number | null
      idle: boolean | null
    }): void => {
      if (watermark !== null) said.watermark = watermark
      if (idle !== null) said.status = idle ? 'idle' : 'active'
    }
    if ('add' in step) combined.add(String(step.add))
    else if ('remove' in step) combined.remove(String(step.remove))
    else if ('watermark' in step) {
      if (wakes === true) note(combined.setActive(String(step.input)))
      note(combined.advance(String(step.input), step.watermark))
    } else if ('status' in step) {
      const change = step.status === 'idle' ? 'setIdle' : 'setActive'
      note(combined[change](String(step.input)))
    }
    if (restarts) combined = restarted(combined, new CombinedWatermark())
  }
}

export function runIdlenessCase({ timeout, refused, steps }: IdlenessCase): void {
  if (refused === true) {
    try {
      new IdleClock(timeout)
    } catch (error) {
      if (error instanceof StreamError) return
      throw error
    }
    throw new Mismatch('timeout', `${timeout} is taken`)
  }
  let clock = new IdleClock(timeout)
  let now = 0
  for (const [i, step] of steps.entries()) {
    if ('idle' in step) check(`step ${i + 1}`, clock.check(now), step.idle)
    else if ('event' in step) clock.active(now)
    else {
      now = step.clock
      clock.check(now)
    }
    clock = restarted(clock, new IdleClock(timeout))
  }
}

export function runGeneratorCase({ generator: { type, lag }, steps }: GeneratorCase): void {
  const made = (): WatermarkGenerator =>
    new WatermarkGenerator({ type, lag: lag ?? Number.POSITIVE_INFINITY }, 'ms')
  let generator = made()
  let now = 0
  for (const [i, step] of steps.entries()) {
    if ('watermark' in step) check(`step ${i + 1}`, named(generator.watermark), step.watermark)
    else if ('clock' in step) {
      now = step.clock
      generator.tick(now)
    } else if ('end' in step) generator.end()
    else {
      const times = Float64Array.from(step.events)
      generator.observe(times, Int32Array.from(step.events.keys()), times.length, now)
    }
    generator = restarted(generator, made())
  }
}
