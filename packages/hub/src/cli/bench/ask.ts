import type { CliContext } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { QUESTIONS } from './dashboard-questions.ts'
import { HttpConnection } from './http-connection.ts'
import type { Target } from './ingest.ts'
import { quantile } from './quantiles.ts'

export interface QuestionFigures {
  readonly name: string
  readonly asked: number
  readonly p50Ms: number
  readonly p95Ms: number
}

/**
 * Asks what dashboards ask, one after the other and round after round, until the time is over; each at
 * least once. Every range ends at another instant, so that no answer comes from a cache of answers.
 */
export async function askPhase(
  { url, key, project }: Target,
  seconds: number,
  { clock, signal }: Pick<CliContext, 'clock' | 'signal'>,
): Promise<QuestionFigures[]> {
  const connection = await HttpConnection.open(url, key, project)
  const taken = new Map(QUESTIONS.map(({ name }) => [name, [] as number[]]))
  const end = clock.monotonic() + seconds * 1000
  const from = clock.now() - 30 * 86_400_000
  try {
    for (let round = 0; round === 0 || clock.monotonic() < end; round++) {
      for (const { name, question } of QUESTIONS) {
        if (signal.aborted || (round > 0 && clock.monotonic() >= end)) break
        const to = new Date(clock.now() + round + 1).toISOString()
        const start = question.from === 'now-1d' ? clock.now() - 86_400_000 : from
        const asked = { ...question, from: new Date(start).toISOString(), to }
        const before = clock.monotonic()
        const body = Buffer.from(JSON.stringify(asked))
        const response = await connection.request('POST', '/api/v1/query', body)
        if (response.status !== 200) {
          const said = response.body.toString('utf8', 0, 400)
          throw new CliError(`${name}: answered with ${response.status}: ${said}`, EXIT.failure)
        }
        taken.get(name)?.push(clock.monotonic() - before)
      }
      if (signal.aborted) break
    }
  } finally {
    connection.close()
  }
  return [...taken].map(([name, times]) => ({
    name,
    asked: times.length,
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  }))
}
