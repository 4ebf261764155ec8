import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { ReportSpec } from '../../core/report.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { ReportCache } from '../report-cache.ts'
import { chooseFile, FILE_CONTENT, FILE_PARAMETERS, reportFile } from '../report-file.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'
import { QUERY_PROBLEMS } from './query.ts'

export interface ReportRouteDependencies {
  readonly reports: readonly ReportSpec[]
  readonly reportCache: ReportCache
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  readonly monotonic: () => number
  readonly metrics: Metrics
}

/** Every report at `/api/v1` + its path. */
export function reportRoutes(dependencies: ReportRouteDependencies): readonly Route[] {
  const { metrics, monotonic, projectLimits, random, reportCache, reports } = dependencies

  async function answerReport(report: ReportSpec, call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const start = monotonic()
    const { format, table, ...parameters } = call.query
    const file = chooseFile(format, table)
    if ('problem' in file) return file
    // A tag speaks of the JSON: whoever asks for a file always gets it.
    const ifNoneMatch = file.format === null ? call.headers['if-none-match'] : undefined
    const answer = await reportCache.answer(report, parameters, target.scope, ifNoneMatch)
    if (answer.source === 'hit' || answer.source === 'not_modified') {
      metrics.observeReport(answer.source)
      if (answer.source === 'hit' && file.format !== null) {
        return reportFile(report, answer.body, file)
      }
      const headers = cacheHeaders(answer.etag)
      return answer.source === 'hit'
        ? { status: 200, headers, body: answer.body }
        : { status: 304, headers }
    }
    metrics.observeReport('miss')
    const seconds = (monotonic() - start) / 1000
    const outcome = answer.source === 'failed' ? answer.outcome.code : 'ok'
    metrics.observeQuery({ name: report.path, outcome, seconds })
    if (answer.source === 'failed') {
      const { code, issues, message } = answer.outcome
      return problem(code, message, { errors: issues, ...retryAfter(code, random) })
    }
    if (file.format !== null) return reportFile(report, answer.body, file)
    return { status: 200, headers: cacheHeaders(answer.etag), body: answer.body }
  }

  return reports.map((report) => ({
    method: 'GET',
    url: `/api/v1${report.path}`,
    permission: 'query:read',
    summary: report.summary,
    tags: ['reports'],
    query: {
      // The report itself knows which parameters go together.
      checked: false,
      parameters: [
        ...report.parameters.map(({ name, doc, values, default: otherwise, example }) => ({
          name,
          doc,
          ...(values === undefined ? {} : { values }),
          ...(otherwise === undefined ? {} : { default: otherwise }),
          ...(example === undefined ? {} : { example }),
        })),
        ...FILE_PARAMETERS,
      ],
    },
    headers: {
      [PROJECT_HEADER]: 'Project to report on, for keys bound to none. Default: all.',
      'If-None-Match': 'ETag of the answer you have.',
    },
    responses: {
      200: {
        description: report.summary,
        content: { 'application/json': titled(report), ...FILE_CONTENT },
      },
      304: { description: 'The answer you have is still right.', content: {} },
    },
    problems: ['not_found', 'invalid_request', ...QUERY_PROBLEMS],
    handle: (call) => answerReport(report, call),
  }))
}

/** `/costs/breakdown` answers a `CostsBreakdownReport`. */
function titled({ path, response }: ReportSpec): JsonSchema {
  const words = path.split(/[^a-z]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return { title: `${words.join('')}Report`, ...response }
}

/** Browsers may keep the answer and have to ask whether it still holds. */
function cacheHeaders(etag: string): Readonly<Record<string, string>> {
  return {
    etag,
    'cache-control': 'private, no-cache',
    vary: `Authorization, ${PROJECT_HEADER}`,
  }
}
