import { type Batch, numberAt } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { checkName, checkOptions, invalidInput, shown } from '../check-options.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { checkClock, END_OF_TIME, isTime, type TimeUnit } from '../time/time.ts'

/** How the watermark of one partition follows from its events, as data. */
export type WatermarkSpec =
  /** Events come at most `lag` after later ones: the greatest event time − `lag`. Infinity: never, until the end. */
  | { readonly type: 'bounded'; readonly lag: Duration }
  /** Event times never go back. */
  | { readonly type: 'ascending' }
  /** A column says it: where it has a time, no event before that is expected any more. */
  | { readonly type: 'punctuated'; readonly column: string }
  /** Processing time − `lag`, whatever the events say. */
  | { readonly type: 'clock'; readonly lag: Duration }
  /** As `bounded`, and while no event raises it, it goes on with the clock. So a quiet source closes its windows. */
  | { readonly type: 'advancing'; readonly lag: Duration }

const MEMBERS: Readonly<Record<WatermarkSpec['type'], readonly string[]>> = {
  bounded: ['type', 'lag'],
  ascending: ['type'],
  punctuated: ['type', 'column'],
  clock: ['type', 'lag'],
  advancing: ['type', 'lag'],
}

/** The watermark of one partition: no event before it is expected. It never goes back. */
export class WatermarkGenerator {
  readonly #spec: WatermarkSpec
  readonly #lag: number
  #watermark = Number.NEGATIVE_INFINITY
  /** Of `advancing`: greatest event time − lag, and the clock when it was reached. */
  #base = Number.NEGATIVE_INFINITY
  #baseAt = 0

  /** Throws a StreamError when the specification is wrong. */
  constructor(spec: WatermarkSpec, unit: TimeUnit) {
    if (typeof spec !== 'object' || spec === null) {
      throw invalidInput(
        'watermark',
        `${shown(spec)} is no rule for it, such as { type: 'bounded', lag: '5s' }`,
      )
    }
    const members = Object.hasOwn(MEMBERS, spec.type) ? MEMBERS[spec.type] : undefined
    if (members !== undefined) {
      checkOptions(spec, `a watermark of type ${spec.type}`, members, 'watermark')
    }
    this.#spec = spec
    switch (spec.type) {
      case 'bounded':
      case 'clock':
      case 'advancing':
        this.#lag =
          spec.lag === Number.POSITIVE_INFINITY
            ? spec.lag
            : parseDuration(spec.lag, unit, 'watermark.lag', 'from zero')
        return
      case 'punctuated':
        checkName(spec.column, 'watermark.column')
        this.#lag = 0
        return
      case 'ascending':
        this.#lag = 0
        return
      default:
        throw invalidInput(
          'watermark.type',
          `there is no '${String((spec as { type: unknown }).type)}'; there are ${Object.keys(MEMBERS).join(', ')}`,
        )
    }
  }

  get watermark(): number {
    return this.#watermark
  }

  /** Learns from rows `rows[0 … count)`; `times` by row. Once per batch: a watermark per event helps nobody. */
  observe(
    times: Float64Array,
    rows: Int32Array,
    count: number,
    now: number,
    batch: Batch | null = null,
  ): void {
    checkClock(now)
    if (count === 0) return
    let greatest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const time = times[rows[i] ?? 0] ?? Number.NEGATIVE_INFINITY
      // What is no time says nothing of the order of events.
      if (time > greatest && time <= END_OF_TIME) greatest = time
    }
    switch (this.#spec.type) {
      case 'bounded':
      case 'ascending':
        this.#raise(greatest - this.#lag)
        return
      case 'advancing':
        this.tick(now)
        if (greatest - this.#lag > this.#watermark) {
          this.#base = greatest - this.#lag
          this.#baseAt = now
          this.#raise(this.#base)
        }
        return
      case 'punctuated': {
        const column = batch?.columns.get(this.#spec.column)
        for (let i = 0; i < count; i++) {
          const said = numberAt(column, rows[i] ?? 0)
          if (said !== null && isTime(said)) this.#raise(said)
        }
        return
      }
      case 'clock':
        this.tick(now)
    }
  }

  /** Learns the processing time. */
  tick(now: number): void {
    checkClock(now)
    if (this.#spec.type === 'clock') this.#raise(now - this.#lag)
    else if (this.#spec.type === 'advancing') {
      this.#raise(this.#base + Math.max(0, now - this.#baseAt))
    }
  }

  /** End of input. */
  end(): void {
    this.#watermark = Number.POSITIVE_INFINITY
  }

  #raise(to: number): void {
    if (to > this.#watermark) this.#watermark = to
  }

  write(out: ByteWriter): void {
    out.f64(this.#watermark)
    out.f64(this.#base)
    out.f64(this.#baseAt)
  }

  read(from: ByteReader): void {
    this.#watermark = from.f64()
    this.#base = from.f64()
    this.#baseAt = from.f64()
  }
}
