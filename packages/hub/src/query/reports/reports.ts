import type { ReportSpec } from '../../core/report.ts'
import { costsCache } from './cache.ts'
import { metricsConversations } from './conversations.ts'
import { costs, costsBreakdown } from './costs.ts'
import { errorsReport } from './errors.ts'
import { costsExplain } from './explain.ts'
import { metrics, metricsModels, metricsSummary } from './metrics.ts'
import { performanceReport } from './performance.ts'
import { metricsTrends } from './trends.ts'

/** Every fixed report of the API. */
export const REPORTS: readonly ReportSpec[] = [
  costs,
  costsBreakdown,
  costsCache,
  costsExplain,
  performanceReport,
  errorsReport,
  metrics,
  metricsSummary,
  metricsConversations,
  metricsModels,
  metricsTrends,
]
