import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { HubStatus } from './status.ts'

/** A request, after its answer. */
export interface RequestRecord {
  readonly method: string
  /** Pattern of the route, or `unknown`. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** Outcome of a question or report: `ok` or its error code. */
export interface QueryRecord {
  readonly name: string
  readonly outcome: string
  readonly seconds: number
}

export interface Metrics {
  readonly mediaType: string
  observeRequest(record: RequestRecord): void
  observeQuery(record: QueryRecord): void
  observeReport(source: 'hit' | 'miss' | 'not_modified'): void
  /** The text exposition, with `status` as its newest values. */
  expose(status: HubStatus): Promise<string>
  close(): void
}

/** Values that are read when the metrics are asked for. */
export interface MetricSources {
  readonly inFlightBytes: () => number
  readonly refusedBodies: () => number
  readonly live: () => {
    readonly clients: number
    readonly queued: number
    readonly coalesced: number
    readonly ended: Readonly<Record<string, number>>
  }
  readonly cache: () => {
    readonly entries: number
    readonly bytes: number
    readonly hits: number
    readonly misses: number
    readonly evictions: number
  }
}

/** The event loop is looked at so often, which is also the least lag that is told: each look wakes an idle process. */
const LAG_PRECISION_MS = 50
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * Metrics in a registry of their own. What other stages count comes in through
 * `HubStatus`; names and units follow https://prometheus.io/docs/practices/naming/.
 */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({
    register: registry,
    prefix: 'llmhub_',
    eventLoopMonitoringPrecision: LAG_PRECISION_MS,
  })

  const requests = new Histogram({
    name: 'llmhub_http_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const queries = new Histogram({
    name: 'llmhub_query_duration_seconds',
    help: 'Time to answer a question or report that no cache held.',
    labelNames: ['name'],
    buckets: SECONDS,
    registers,
  })
  const queryOutcomes = new Counter({
    name: 'llmhub_queries_total',
    help: 'Questions and reports by outcome: ok or the error code.',
    labelNames: ['outcome'],
    registers,
  })
  const reports = new Counter({
    name: 'llmhub_report_responses_total',
    help: 'Reports by where the answer came from: hit, miss, not_modified.',
    labelNames: ['source'],
    registers,
  })

  /** A counter that somebody else keeps: set to the newest value each time. */
  const counter = (name: string, help: string) => {
    const series = new Counter({ name: `llmhub_${name}`, help, registers })
    return (value: number): void => {
      series.reset()
      series.inc(value)
    }
  }
  const gauge = (name: string, help: string) => {
    const series = new Gauge({ name: `llmhub_${name}`, help, registers })
    return (value: number): void => series.set(value)
  }

  const inFlight = gauge('http_body_bytes_in_flight', 'Bytes of request bodies held in memory.')
  const refusedBodies = counter(
    'http_bodies_refused_total',
    'Bodies refused because too many bytes were in flight.',
  )
  const journalBytes = gauge('journal_bytes', 'Bytes of the journal on disk.')
  const pendingBytes = gauge('journal_pending_bytes', 'Bytes appended and not yet on disk.')
  const compressionFailures = counter(
    'journal_compression_failures_total',
    'Compressions of closed segments that did not happen.',
  )
  const commits = counter('journal_commits_total', 'Group commits of the journal.')
  const fsync = counter('journal_fsync_seconds_total', 'Time spent in fsync by all commits.')
  const lag = gauge('apply_lag_seconds', 'Age of the oldest record not applied to the store.')
  const rows = gauge('store_rows', 'Rows in the store.')
  const storeBytes = gauge('store_bytes', 'Size of the database file.')
  const recoveries = counter(
    'store_recoveries_total',
    'Times the store was opened anew because its file could not be trusted.',
  )
  const dedup = gauge('dedup_entries', 'Event ids the deduplication index holds.')
  const horizon = gauge('dedup_horizon_seconds', 'How far back a duplicate is found for certain.')
  const dedupErrors = counter(
    'dedup_errors_total',
    'Runs of the deduplication index that could not be written or read.',
  )
  const running = gauge('queries_running', 'Questions that run.')
  const waiting = gauge('queries_waiting', 'Questions that wait for their turn.')
  const shared = counter('queries_shared_total', 'Questions that joined a run of the same one.')
  const reused = counter(
    'queries_reused_total',
    'Questions that an earlier answer of the same question answered.',
  )
  const liveLag = gauge('live_lag_seconds', 'Age of the oldest record that live windows lack.')
  const liveLagRecords = gauge('live_lag_records', 'Records of the log that live windows lack.')
  const liveWatermark = gauge(
    'live_watermark_seconds',
    'Event time before which live windows expect no more events, in seconds since 1970.',
  )
  const liveOpen = gauge('live_open_windows', 'Live windows of groups that are open.')
  const liveGroups = gauge('live_groups', 'Groups that live windows tell apart.')
  const liveBytes = gauge('live_state_bytes', 'Memory of live windows, estimated.')
  const liveCheckpointBytes = gauge('live_checkpoint_bytes', 'Size of the last checkpoint.')
  const liveCheckpointAge = gauge('live_checkpoint_age_seconds', 'Age of the last checkpoint.')
  const liveCounts = {
    events: counter('live_events_total', 'Events that live windows have read.'),
    late: counter('live_late_total', 'Events that came when their live windows were forgotten.'),
    overflow: counter('live_overflow_total', 'Events counted under __other__ by live windows.'),
    updates: counter('live_updates_total', 'Results that live windows have told.'),
    restated: counter('live_restated_total', 'Live windows whose results came from the store.'),
    resets: counter('live_resets_total', 'Times live windows began anew at the end of the log.'),
    restarts: counter('live_restarts_total', 'Times the thread of live windows was started again.'),
    errors: counter('live_errors_total', 'Problems of live windows that were dealt with.'),
  }
  const freeBytes = gauge('disk_free_bytes', 'Free space where the data folder is.')
  const pendingRows = gauge('ingest_pending_rows', 'Rows and dead letters that wait for the log.')
  const lettersNotKept = counter(
    'dead_letters_not_kept_total',
    'Rejected events that came too fast to be kept as dead letters.',
  )
  const suppressed = counter(
    'events_suppressed_total',
    'Events that report a call which another one reports better.',
  )
  const unpriced = counter('events_unpriced_total', 'Calls taken in whose price nobody knows.')
  const droppedContent = counter(
    'content_fields_dropped_total',
    'Prompts, completions and the like left out of events.',
  )
  const aliasConflicts = counter(
    'alias_conflicts_total',
    'Aliases that contradicted the field they stand for.',
  )
  const refused = new Counter({
    name: 'llmhub_ingest_refused_total',
    help: 'Requests refused as a whole by ingest, by error code.',
    labelNames: ['code'],
    registers,
  })
  const liveClients = gauge('live_clients', 'Live streams that are open.')
  const liveQueue = gauge('live_queue_bytes', 'Bytes that wait for readers of live streams.')
  const liveCoalesced = counter(
    'live_coalesced_total',
    'Results that a newer one took the place of before a live stream had sent them.',
  )
  const liveEnded = new Counter({
    name: 'llmhub_live_ended_total',
    help: 'Live streams that have ended, by reason; gone: the client went away.',
    labelNames: ['reason'],
    registers,
  })
  const cacheEntries = gauge('cache_entries', 'Answers in the cache.')
  const cacheBytes = gauge('cache_bytes', 'Bytes of the cache.')
  const cacheHits = counter('cache_hits_total', 'Look-ups the cache answered.')
  const cacheMisses = counter('cache_misses_total', 'Look-ups the cache did not answer.')
  const cacheEvictions = counter('cache_evictions_total', 'Answers dropped to make room.')
  const events = new Counter({
    name: 'llmhub_events_total',
    help: 'Events received by outcome: accepted, duplicate, rejected.',
    labelNames: ['outcome'],
    registers,
  })
  const rejected = new Counter({
    name: 'llmhub_events_rejected_total',
    help: 'Rejected events by error code.',
    labelNames: ['code'],
    registers,
  })
  const ready = new Gauge({
    name: 'llmhub_dependency_ready',
    help: 'Whether a part of the hub works: 1 or 0.',
    labelNames: ['dependency'],
    registers,
  })

  function takeLive(live: NonNullable<HubStatus['live']>): void {
    liveLag(live.lagSeconds)
    liveLagRecords(live.lagRecords)
    if (live.watermark !== null) liveWatermark(live.watermark / 1e6)
    liveOpen(live.openWindows)
    liveGroups(live.groups)
    liveBytes(live.stateBytes)
    liveCheckpointBytes(live.checkpointBytes)
    if (live.checkpointAgeSeconds !== null) liveCheckpointAge(live.checkpointAgeSeconds)
    for (const [name, count] of Object.entries(liveCounts))
      count(live[name as keyof typeof liveCounts])
  }

  function take(status: HubStatus): void {
    inFlight(sources.inFlightBytes())
    refusedBodies(sources.refusedBodies())
    journalBytes(status.journal.bytes)
    pendingBytes(status.journal.pendingBytes)
    compressionFailures(status.journal.compressionFailures)
    commits(status.journal.commits)
    fsync(status.journal.fsyncSeconds)
    lag(status.store.applyLagSeconds)
    rows(status.store.rows)
    storeBytes(status.store.bytes)
    recoveries(status.store.recoveries)
    dedup(status.dedup.entries)
    if (status.dedup.horizonSeconds !== null) horizon(status.dedup.horizonSeconds)
    dedupErrors(status.dedup.errors + status.dedup.damagedRuns)
    running(status.query.running)
    waiting(status.query.waiting)
    shared(status.query.shared)
    reused(status.query.reused)
    if (status.live !== null) takeLive(status.live)
    freeBytes(status.disk.freeBytes)
    pendingRows(status.ingest.pendingRows)
    lettersNotKept(status.ingest.deadLettersNotKept)
    suppressed(status.ingest.suppressed)
    unpriced(status.ingest.unpriced)
    droppedContent(status.ingest.droppedContent)
    aliasConflicts(status.ingest.aliasConflicts)
    refused.reset()
    for (const [code, count] of Object.entries(status.ingest.refusedRequests)) {
      refused.inc({ code }, count)
    }
    const live = sources.live()
    liveClients(live.clients)
    liveQueue(live.queued)
    liveCoalesced(live.coalesced)
    liveEnded.reset()
    for (const [reason, count] of Object.entries(live.ended)) liveEnded.inc({ reason }, count)
    const cache = sources.cache()
    cacheEntries(cache.entries)
    cacheBytes(cache.bytes)
    cacheHits(cache.hits)
    cacheMisses(cache.misses)
    cacheEvictions(cache.evictions)
    events.reset()
    events.inc({ outcome: 'accepted' }, status.ingest.accepted)
    events.inc({ outcome: 'duplicate' }, status.ingest.duplicates)
    events.inc({ outcome: 'rejected' }, status.ingest.rejected)
    rejected.reset()
    for (const [code, count] of Object.entries(status.ingest.rejectedByCode)) {
      rejected.inc({ code }, count)
    }
    for (const part of status.dependencies) {
      ready.set({ dependency: part.name }, part.ready ? 1 : 0)
    }
  }

  return {
    mediaType: registry.contentType,
    observeRequest({ method, route, status, seconds }) {
      requests.observe({ method, route, status }, seconds)
    },
    observeQuery({ name, outcome, seconds }) {
      queries.observe({ name }, seconds)
      queryOutcomes.inc({ outcome })
    },
    observeReport: (source) => reports.inc({ source }),
    expose(status) {
      take(status)
      return registry.metrics()
    },
    close: () => registry.clear(),
  }
}
