import type { ProjectScope } from '../../core/scope.ts'
import type {
  Letter,
  LetterCount,
  LetterFilter,
  LetterPlace,
  LetterStatus,
  LettersAnswer,
  LettersQuestion,
  RejectedCount,
  TakenInCount,
} from '../letters.ts'
import type { FrameCell } from '../store.ts'
import type { SqlValue } from './driver.ts'
import type { SqlResult } from './read-result.ts'
import { renderBucket } from './render-bucket.ts'
import { dictionaryTable, Parameters } from './render-sql.ts'
import type { Texts } from './texts.ts'

/** Runs a statement in the snapshot of the answer. */
type Run = (sql: string, values: readonly SqlValue[], maxRows?: number) => Promise<SqlResult>

const NOTHING = { letters: [], counts: [], rejected: [], takenIn: [], oldest: [] } as const

/**
 * Letters with what the latest operation about each says. An operation names project and reject id;
 * there is at most one row per letter.
 */
const LETTERS = `reject_rows r LEFT JOIN reject_resolutions s ON s.project = r.project AND s.reject_id = r.reject_id`
const STATUS = `coalesce(s.resolution, 'open')`

/**
 * Answers a question about dead letters. Cost: one scan of the letters of the range asked for.
 * @param texts of the dictionaries, not behind the snapshot that `run` reads
 */
export async function answerLetters(
  question: LettersQuestion,
  scope: ProjectScope,
  texts: Texts,
  run: Run,
): Promise<Omit<LettersAnswer, 'position'>> {
  const ask = (parameters: Parameters, text: string, maxRows?: number): Promise<SqlResult> => {
    const { sql, values } = parameters.finish(text)
    return run(sql, values, maxRows)
  }
  const parameters = new Parameters(texts)
  switch (question.type) {
    case 'list': {
      const { rows } = await ask(parameters, renderPage(question, scope, parameters))
      return { ...NOTHING, letters: rows.map(letterOf) }
    }
    case 'count': {
      const where = conditions(question.filter, scope, parameters)
      const { rows } = await ask(
        parameters,
        `SELECT d.value, status, n FROM (
           SELECT r.code, ${STATUS} AS status, count(*) AS n FROM ${LETTERS} WHERE ${where} GROUP BY 1, 2
         ) c LEFT JOIN ${dictionaryTable('code')} d ON d.id = c.code ORDER BY 1, 2`,
      )
      return { ...NOTHING, counts: rows.map(countOf) }
    }
    case 'rates':
      return rates(question, scope, texts, run)
    case 'oldest': {
      const { rows } = await ask(
        parameters,
        `SELECT d.value, min(r.received_at) FROM reject_rows r JOIN ${dictionaryTable('project')} d ON d.id = r.project
         WHERE ${inScope(scope, parameters)} GROUP BY 1 ORDER BY 1`,
      )
      const oldest = rows.map(([project, at]) => ({
        project: textOf(project),
        receivedAt: Number(at),
      }))
      return { ...NOTHING, oldest }
    }
    default:
      return question satisfies never
  }
}

function renderPage(
  question: Extract<LettersQuestion, { type: 'list' }>,
  scope: ProjectScope,
  parameters: Parameters,
): string {
  const { filter, before, limit, bodies } = question
  const where = [
    conditions(filter, scope, parameters),
    ...(before === null ? [] : [beforeIn(before, parameters)]),
  ].join(' AND ')
  // The page is chosen before ids become texts, so that it costs no more look-ups than it has rows.
  const order = (row: string): string =>
    `${row}.received_at DESC, ${row}.log_partition DESC, ${row}.log_offset DESC, ${row}.log_index DESC`
  return `SELECT p.value, t.reject_id, t.received_at, v.value, t.event_id, c.value, t.path, t.message,
      t.status, t.resolved_at, t.replayed_as, ${bodies ? 't.body' : 'NULL'}, f.value,
      t.log_partition, t.log_offset, t.log_index
    FROM (
      SELECT r.*, ${STATUS} AS status, s.resolved_at, s.event_id AS replayed_as
      FROM ${LETTERS} WHERE ${where} ORDER BY ${order('r')} LIMIT ${parameters.integer(limit)}
    ) t
    LEFT JOIN ${dictionaryTable('project')} p ON p.id = t.project
    LEFT JOIN ${dictionaryTable('receiver')} v ON v.id = t.receiver
    LEFT JOIN ${dictionaryTable('code')} c ON c.id = t.code
    LEFT JOIN ${dictionaryTable('body_form')} f ON f.id = t.body_form
    ORDER BY ${order('t')}`
}

function letterOf(row: readonly FrameCell[]): Letter {
  const text = (at: number): string | null => {
    const cell = row[at]
    return typeof cell === 'string' ? cell : null
  }
  return {
    project: text(0) ?? '',
    rejectId: text(1) ?? '',
    receivedAt: Number(row[2]),
    receiver: text(3) ?? '',
    eventId: text(4),
    code: text(5) ?? '',
    path: text(6) ?? '',
    message: text(7) ?? '',
    status: statusOf(row[8]),
    resolvedAt: row[9] === null ? null : Number(row[9]),
    replayedAs: text(10),
    body: text(11),
    bodyForm: text(12),
    partition: Number(row[13]),
    offset: typeof row[14] === 'bigint' ? row[14] : 0n,
    index: Number(row[15]),
  }
}

function textOf(cell: FrameCell | undefined): string {
  return typeof cell === 'string' ? cell : ''
}

function countOf([code, status, count]: readonly FrameCell[]): LetterCount {
  return {
    code: textOf(code),
    status: statusOf(status),
    count: Number(count),
  }
}

function statusOf(cell: FrameCell | undefined): LetterStatus {
  return cell === 'replayed' || cell === 'dismissed' ? cell : 'open'
}

async function rates(
  { filter, from, to, edges, maxRows }: Extract<LettersQuestion, { type: 'rates' }>,
  scope: ProjectScope,
  texts: Texts,
  run: Run,
): Promise<Omit<LettersAnswer, 'position'>> {
  const names = (inner: string, code: boolean): string =>
    `SELECT g.b, p.value, v.value, ${code ? 'c.value' : 'NULL'}, g.n FROM (${inner}) g
     LEFT JOIN ${dictionaryTable('project')} p ON p.id = g.project
     LEFT JOIN ${dictionaryTable('receiver')} v ON v.id = g.receiver
     ${code ? `LEFT JOIN ${dictionaryTable('code')} c ON c.id = g.code` : ''} ORDER BY 1, 2, 3, 4`
  const letters = new Parameters(texts)
  const within = { ...filter, from, to }
  const rejected = letters.finish(
    names(
      `SELECT ${renderBucket('r.received_at', edges, letters)} AS b, r.project, r.receiver, r.code, count(*) AS n
       FROM ${LETTERS} WHERE ${conditions(within, scope, letters)} GROUP BY ALL`,
      true,
    ),
  )
  const events = new Parameters(texts)
  const receiver = filter.receiver
  const takenIn = events.finish(
    names(
      `SELECT ${renderBucket('r.received_at', edges, events)} AS b, r.project, r.receiver, count(*) AS n
       FROM event_rows r WHERE ${inScope(scope, events)} AND r.received_at >= ${events.integer(from)}
         AND r.received_at < ${events.integer(to)}
         ${receiver === undefined ? '' : `AND ${inDictionary('receiver', [receiver], events)}`} GROUP BY ALL`,
      false,
    ),
  )
  const rejectedRows = await run(rejected.sql, rejected.values, maxRows)
  const takenInRows = await run(takenIn.sql, takenIn.values, maxRows)
  const shared = (row: readonly FrameCell[]): TakenInCount => ({
    bucket: Number(row[0]),
    project: textOf(row[1]),
    receiver: textOf(row[2]),
    count: Number(row[4]),
  })
  return {
    ...NOTHING,
    rejected: rejectedRows.rows.map(
      (row): RejectedCount => ({ ...shared(row), code: textOf(row[3]) }),
    ),
    takenIn: takenInRows.rows.map(shared),
  }
}

/** Everything a letter must satisfy, over `LETTERS`. */
function conditions(filter: LetterFilter, scope: ProjectScope, parameters: Parameters): string {
  const { ids, codes, status, receiver, eventId, text, from, to } = filter
  const parts = [inScope(scope, parameters)]
  if (ids !== undefined) {
    const list = ids.map((id) => parameters.text(id)).join(', ')
    parts.push(ids.length === 0 ? 'FALSE' : `r.reject_id IN (${list})`)
  }
  if (codes !== undefined) parts.push(inDictionary('code', codes, parameters))
  if (status !== undefined) parts.push(`${STATUS} = ${parameters.text(status)}`)
  if (receiver !== undefined) parts.push(inDictionary('receiver', [receiver], parameters))
  if (eventId !== undefined) parts.push(`r.event_id = ${parameters.text(eventId)}`)
  if (text !== undefined) {
    const part = parameters.text(text.toLowerCase())
    const found = ['message', 'path', 'body'].map(
      (column) => `contains(lower(r.${column}), ${part})`,
    )
    parts.push(`(${found.join(' OR ')})`)
  }
  if (from !== undefined) parts.push(`r.received_at >= ${parameters.integer(from)}`)
  if (to !== undefined) parts.push(`r.received_at < ${parameters.integer(to)}`)
  return parts.join(' AND ')
}

function inScope(scope: ProjectScope, parameters: Parameters): string {
  return scope.project === null ? 'TRUE' : inDictionary('project', [scope.project], parameters)
}

function inDictionary(column: string, values: readonly string[], parameters: Parameters): string {
  const ids = parameters.idsOf(column, values)
  return ids === null ? 'FALSE' : `r.${column} IN (${ids})`
}

function beforeIn(before: LetterPlace, parameters: Parameters): string {
  const places = [
    ['r.received_at', before.receivedAt],
    ['r.log_partition', before.partition],
    ['r.log_offset', before.offset],
    ['r.log_index', before.index],
  ] as const
  let later = 'FALSE'
  for (const [column, value] of places.toReversed()) {
    const bound = (): string => parameters.integer(value)
    later = `(${column} < ${bound()} OR (${column} = ${bound()} AND ${later}))`
  }
  return later
}
