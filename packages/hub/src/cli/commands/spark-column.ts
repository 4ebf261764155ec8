import type { Answer } from '@llmhub/schema'
import { CALENDAR_STEPS, type CalendarStep } from '@llmhub/stream'
import { groupName, numberOf, placesOf } from '../chart/answer-chart.ts'
import { sparkline } from '../chart/sparkline.ts'
import type { ExtraColumn } from './answer-table.ts'

/** A sparkline of this many characters at most keeps a table narrow. */
const MOST_BUCKETS = 32

const SECONDS: Readonly<Record<CalendarStep, number>> = {
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '6h': 21_600,
  '1d': 86_400,
  '1w': 604_800,
  '1M': 2_592_000,
}

/** The finest step that cuts the range into as few buckets as a sparkline may have. */
export function sparkStep(from: string, to: string): CalendarStep {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000
  return CALENDAR_STEPS.find((step) => seconds / SECONDS[step] <= MOST_BUCKETS) ?? '1M'
}

/** The question over time that gives each row of a table its sparkline. */
export function sparkQuestion(
  question: Readonly<Record<string, unknown>>,
  { from, to }: Pick<Answer['meta'], 'from' | 'to'>,
): Record<string, unknown> {
  const { top, compare: _, limit: __, order: ___, ...rest } = question
  const by = (question['by'] as readonly string[] | undefined) ?? []
  const step = sparkStep(from, to)
  return {
    ...rest,
    kind: 'series',
    by: [`time:${step}`, ...by],
    from,
    to,
    fill: 'null',
    ...(top === undefined ? {} : { top }),
  }
}

/** The first measure of each group over time, one text for each row of the table. */
export function sparkColumn(shown: Answer, overTime: Answer, ascii: boolean): ExtraColumn {
  const [measure] = placesOf(overTime, 'measure')
  const [time] = placesOf(overTime, 'time')
  const groups = placesOf(overTime, 'dimension')
  const starts = [...new Set(overTime.rows.map((row) => String(row[time ?? 0])))].sort()
  const placeOf = new Map(starts.map((start, at) => [start, at]))
  const values = new Map<string, (number | null)[]>()
  for (const row of overTime.rows) {
    const name = groupName(row, groups)
    const line = values.get(name) ?? Array.from<number | null>({ length: starts.length }).fill(null)
    values.set(name, line)
    line[placeOf.get(String(row[time ?? 0])) ?? 0] = numberOf(row[measure ?? 0])
  }
  const own = placesOf(shown, 'dimension')
  const name = overTime.columns[measure ?? 0]?.name ?? ''
  return {
    name: `${name} by ${sparkStep(shown.meta.from, shown.meta.to)}`,
    cells: shown.rows.map((row) => sparkline(values.get(groupName(row, own)) ?? [], ascii)),
  }
}
