import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  createRandom,
  dynamicTheta,
  forecast,
  matrixOfRows,
  naive,
  quantile,
  regress,
} from '@llmhub/stats'
import type { Area, Report } from './area.ts'
import { addForecast, type CompetitionSeries, emptyTally, readM3, scoresOf } from './competition.ts'

/** The packages of npm that one would reach for instead, on the same series in the same run. */
export const peers: Area = {
  peers: async ({ data, share, report }) => {
    const methods = await loadMethods()
    measureAccuracy(
      readM3(data).filter((_, i) => i % (5 * share) === 0),
      methods,
      report,
    )
    measureOdd(Math.ceil(3_000 / share), methods, report)
    await measureNumerics(report)
  },
}

type Method = (past: readonly number[], period: number, horizon: number) => ArrayLike<number>

async function loadMethods(): Promise<Readonly<Record<string, Method>>> {
  const { ARIMA, seasonal, plain } = await imported(async () => ({
    ARIMA: (await import('arima')).default,
    seasonal: await import('@bsull/augurs/mstl'),
    plain: await import('@bsull/augurs/ets'),
  }))
  const compiled = (name: string): Uint8Array =>
    readFileSync(fileURLToPath(import.meta.resolve(name)).replace(/\.js$/, '_bg.wasm'))
  seasonal.initSync({ module: compiled('@bsull/augurs/mstl') })
  plain.initSync({ module: compiled('@bsull/augurs/ets') })
  return {
    forecast: (past, period, horizon) => forecast(past, { horizon, periods: [period] }).mean,
    DOTM: (past, period, horizon) => dynamicTheta(past, period).predict(horizon).mean,
    augurs: (past, period, horizon) => {
      const model =
        period > 1 && past.length > 2 * period
          ? seasonal.MSTL.ets([period])
          : new plain.AutoETS(1, 'ZZN')
      try {
        model.fit([...past])
        return model.predict(horizon).point
      } finally {
        model.free()
      }
    },
    arima: (past, period, horizon) => {
      const season = period > 1 ? { P: 2, D: 1, Q: 2, s: period } : {}
      const model = new ARIMA({ auto: true, p: 5, d: 2, q: 5, ...season, verbose: false })
      try {
        return model.train([...past]).predict(horizon)[0]
      } finally {
        model.destroy()
      }
    },
  }
}

async function imported<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    throw new Error('The packages to compare with are not installed: run `npm install` first.', {
      cause: error,
    })
  }
}

/** Null where the method throws or tells what is no number. */
function attempt(
  method: Method,
  past: readonly number[],
  period: number,
  horizon: number,
): ArrayLike<number> | null {
  // One of the packages prints what goes wrong to standard output, where the table goes.
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  stdout.write = () => true
  try {
    const told = Array.from(method(past, period, horizon))
    return told.length === horizon && told.every(Number.isFinite) ? told : null
  } catch {
    return null
  } finally {
    stdout.write = write
  }
}

function measureAccuracy(
  series: readonly CompetitionSeries[],
  methods: Readonly<Record<string, Method>>,
  report: Report,
): void {
  for (const group of new Set(series.map((one) => one.group))) {
    const own = series.filter((one) => one.group === group)
    const started = performance.now()
    const results = Object.entries(methods).map(([name, method]) => {
      const tally = emptyTally()
      let failed = 0
      const before = process.cpuUsage().user
      for (const one of own) {
        const horizon = one.future.length
        const told = attempt(method, one.past, one.period, horizon)
        if (told === null) failed++
        addForecast(tally, one, told ?? naive(one.past).predict(horizon).mean)
      }
      const seconds = (process.cpuUsage().user - before) / 1e6
      const { pooled, mase } = scoresOf(tally)
      const speed = `${(own.length / seconds).toPrecision(2)} series/s`
      const failures = failed > 0 ? `, ${failed} failed` : ''
      const text = `${name} ${pooled.toFixed(2)} / ${mase.toFixed(3)}${failures}, ${speed}`
      return { name, pooled, mase, text }
    })
    const [ours, , ...others] = results
    report({
      goal: `F6 M3 ${group.toLowerCase()} (${own.length}): sMAPE and MASE below those of npm’s packages; failures count as naive`,
      anchor: others.map(({ text }) => text).join('; '),
      ours: results
        .slice(0, 2)
        .map(({ text }) => text)
        .join('; '),
      passed: others.every(
        ({ pooled, mase }) =>
          (ours?.pooled ?? Number.NaN) < pooled && (ours?.mase ?? Number.NaN) < mase,
      ),
      seconds: (performance.now() - started) / 1000,
    })
  }
}

/** Constants, zeros, short series: known and finite, so that everybody is asked the same. */
function measureOdd(
  count: number,
  methods: Readonly<Record<string, Method>>,
  report: Report,
): void {
  const started = performance.now()
  const random = createRandom(6)
  const failed = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const kind = i % 3
    const past = Array.from({ length: 1 + Math.floor(random() * 30) }, () =>
      kind === 0 ? 5 : random() < 0.5 ? 0 : kind === 1 ? 1e300 * (random() - 0.5) : 100 * random(),
    )
    for (const [name, method] of Object.entries(methods)) {
      if (attempt(method, past, 1, 4) === null) failed.set(name, (failed.get(name) ?? 0) + 1)
    }
  }
  const of = (name: string): string => `${name} ${failed.get(name) ?? 0}`
  report({
    goal: `F6 ${count} finite odd series: thrown at, or answered by what is no number`,
    anchor: `${of('augurs')}, ${of('arima')}`,
    ours: of('forecast'),
    passed: (failed.get('forecast') ?? 0) === 0,
    seconds: (performance.now() - started) / 1000,
  })
}

/** Correct digits of a value, at most 15. */
const digits = (value: number, truth: number): number =>
  value === truth ? 15 : Math.min(15, -Math.log10(Math.abs(value / truth - 1)))

async function measureNumerics(report: Report): Promise<void> {
  const started = performance.now()
  const { matrix, simple } = await imported(async () => ({
    matrix: await import('ml-matrix'),
    simple: await import('simple-statistics'),
  }))
  // Wampler 1 of NIST: y = 1 + x + … + x⁵ at 0 … 20, so that all coefficients are 1.
  const rows = Array.from({ length: 21 }, (_, x) => [1, 2, 3, 4, 5].map((power) => x ** power))
  const y = rows.map((row) => row.reduce((sum, value) => sum + value, 1))
  const least = (values: readonly number[]): number =>
    Math.min(...values.map((value) => digits(value, 1)))
  const ours = least(regress(matrixOfRows(rows), y).coefficients.map(({ value }) => value))
  const theirs = least(
    new matrix.QrDecomposition(new matrix.Matrix(rows.map((row) => [1, ...row])))
      .solve(matrix.Matrix.columnVector(y))
      .to1DArray(),
  )
  report({
    goal: 'Digits of the least accurate coefficient, Wampler 1 of NIST',
    anchor: `ml-matrix ${theirs.toFixed(1)}`,
    ours: ours.toFixed(1),
    passed: ours >= theirs,
    seconds: (performance.now() - started) / 1000,
  })
  const random = createRandom(3)
  const values = Array.from({ length: 100_000 }, () => random())
  const own = timed(() => quantile(values, 0.95))
  const other = timed(() => simple.quantile(values, 0.95))
  report({
    goal: '95 % quantile of 100,000 values: the time of one',
    anchor: `simple-statistics ${other.toFixed(1)} ms`,
    ours: `${own.toFixed(1)} ms`,
    passed: null,
    seconds: (performance.now() - started) / 1000,
  })
}

/** Milliseconds of one run, the best of five. */
function timed(run: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = performance.now()
    run()
    return performance.now() - before
  })
  return Math.min(...times)
}
