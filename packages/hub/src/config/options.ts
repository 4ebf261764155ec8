/**
 * Every option of the hub, as data: from it follow the typed configuration, the environment
 * variables, the checks, `llmhub config show`, and the reference page.
 */

export type OptionType = 'string' | 'integer' | 'number' | 'boolean' | 'secret'

export interface OptionSpec {
  /** Path in the tree, which is also its name in the file and after `--set`. */
  readonly path: string
  readonly type: OptionType
  readonly default: string | number | boolean | null
  readonly unit?: string
  readonly min?: number
  readonly max?: number
  /** What it does, and what 0 or empty means where that is not plain. */
  readonly doc: string
  /** Environment variable, where it is not LLMHUB_ + the path in capitals. */
  readonly env?: string
}

export const OPTIONS = [
  {
    path: 'host',
    type: 'string',
    default: '127.0.0.1',
    doc: 'Address to listen on. Anything but loopback needs a key to exist.',
  },
  {
    path: 'port',
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65_535,
    doc: 'Port to listen on; 0 takes a free one.',
  },
  {
    path: 'data_dir',
    type: 'string',
    default: './data',
    doc: 'Folder of the log, the store and the control store.',
  },
  {
    path: 'admin_key',
    type: 'secret',
    default: null,
    doc: 'Brings the first key: any string of at least 32 characters. Without it a key is made on the first start and shown once.',
  },
  {
    path: 'environment',
    type: 'string',
    default: 'production',
    doc: 'Environment of events that name none.',
  },

  {
    path: 'log.segment_bytes',
    type: 'integer',
    default: 32 * 1024 * 1024,
    min: 65_536,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    doc: 'Size at which a journal segment is closed.',
  },
  {
    path: 'log.compress',
    type: 'boolean',
    default: true,
    doc: 'Compress closed segments with zstd.',
  },

  {
    path: 'ingest.max_body_bytes',
    type: 'integer',
    default: 10 * 1024 * 1024,
    min: 1024,
    unit: 'bytes',
    doc: 'Largest body of a request, after decompression.',
  },
  {
    path: 'ingest.max_compression_ratio',
    type: 'integer',
    default: 100,
    min: 1,
    doc: 'Largest ratio of a body to its compressed form.',
  },
  {
    path: 'ingest.max_inflight_bytes',
    type: 'integer',
    default: 256 * 1024 * 1024,
    min: 1024 * 1024,
    unit: 'bytes',
    doc: 'Bodies in flight, decompressed; beyond it requests get 503.',
  },
  {
    path: 'ingest.max_events',
    type: 'integer',
    default: 20_000,
    min: 1,
    unit: 'events',
    doc: 'Most events of one request.',
  },
  {
    path: 'ingest.max_event_bytes',
    type: 'integer',
    default: 1024 * 1024,
    min: 1024,
    unit: 'bytes',
    doc: 'Largest single event.',
  },
  {
    path: 'ingest.max_string_length',
    type: 'integer',
    default: 65_536,
    min: 256,
    unit: 'characters',
    doc: 'Longest text of a field.',
  },
  { path: 'ingest.max_tags', type: 'integer', default: 64, min: 0, doc: 'Most tags of one event.' },
  {
    path: 'ingest.max_tag_length',
    type: 'integer',
    default: 1024,
    min: 16,
    max: 1024,
    unit: 'characters',
    doc: 'Longest key and longest value of a tag.',
  },
  {
    path: 'ingest.max_depth',
    type: 'integer',
    default: 32,
    min: 2,
    doc: 'Deepest nesting of an event.',
  },
  {
    path: 'ingest.future_tolerance_seconds',
    type: 'integer',
    default: 600,
    min: 0,
    unit: 's',
    doc: 'How far ahead of the clock an event may lie.',
  },
  {
    path: 'ingest.keep_content',
    type: 'boolean',
    default: false,
    doc: 'Keep prompts and completions. Off, they reach neither log nor store.',
  },
  {
    path: 'ingest.max_pending_bytes',
    type: 'integer',
    default: 64 * 1024 * 1024,
    min: 1024 * 1024,
    unit: 'bytes',
    doc: 'Bytes not yet on disk beyond which requests get 503.',
  },
  {
    path: 'ingest.max_apply_lag_seconds',
    type: 'number',
    default: 30,
    min: 1,
    unit: 's',
    doc: 'Lag of the store behind the log beyond which requests get 503.',
  },
  {
    path: 'ingest.disk_reserve_bytes',
    type: 'integer',
    default: 256 * 1024 * 1024,
    min: 0,
    unit: 'bytes',
    doc: 'Free space below which requests get 503 disk_full.',
  },

  {
    path: 'retention.days',
    type: 'integer',
    default: 0,
    min: 0,
    unit: 'days',
    doc: 'Events older than this are deleted, and refused as expired when they come in; 0 keeps forever. Policies of projects and families (llmhub retention) come before it.',
  },

  {
    path: 'dead_letters.days',
    type: 'integer',
    default: 30,
    min: 0,
    max: 36_500,
    unit: 'days',
    doc: 'Rejected events are deleted this long after they were received; 0 keeps them. Policies for dead_letters (llmhub retention) come before it.',
  },
  {
    path: 'dead_letters.max_per_second',
    type: 'integer',
    default: 1000,
    min: 0,
    unit: 'events',
    doc: 'Rejected events kept per second and project; those beyond are counted only.',
  },
  {
    path: 'dedup.horizon_days',
    type: 'number',
    default: 7,
    min: 0.01,
    unit: 'days',
    doc: 'How long an event id is remembered exactly.',
  },
  {
    path: 'dedup.max_ids',
    type: 'integer',
    default: 100_000_000,
    min: 1000,
    doc: 'Most ids remembered.',
  },

  {
    path: 'store.memory_mb',
    type: 'integer',
    default: 1024,
    min: 128,
    unit: 'MB',
    doc: 'Memory limit of the database engine; while nothing goes on it keeps 64 MB at most.',
  },
  {
    path: 'store.threads',
    type: 'integer',
    default: 2,
    min: 1,
    max: 256,
    doc: 'Threads of the database engine.',
  },
  {
    path: 'store.wal',
    type: 'boolean',
    default: false,
    doc: 'Keep a write-ahead log of the database besides the journal.',
  },
  {
    path: 'store.compact_dead_percent',
    type: 'integer',
    default: 30,
    min: 0,
    max: 99,
    unit: '%',
    doc: 'Dead share of the database file from which it is compacted by itself while nothing is going on; 0 never does.',
  },
  {
    path: 'store.apply_rows',
    type: 'integer',
    default: 61_440,
    min: 1,
    unit: 'rows',
    doc: 'Rows after which a batch is applied at once; the default is half a row group of DuckDB.',
  },
  {
    path: 'store.apply_interval_ms',
    type: 'integer',
    default: 500,
    min: 1,
    unit: 'ms',
    doc: 'Longest wait before rows are applied.',
  },

  {
    path: 'sql.max_concurrent',
    type: 'integer',
    default: 2,
    min: 1,
    max: 16,
    doc: 'SQL statements of people run at once, beside questions; four times as many may wait, others get 503.',
  },
  {
    path: 'sql.max_rows',
    type: 'integer',
    default: 100_000,
    min: 1,
    unit: 'rows',
    doc: 'Rows that the answer to a SQL statement may have at most; it is cut beyond them.',
  },
  {
    path: 'sql.deadline_ms',
    type: 'integer',
    default: 30_000,
    min: 1,
    unit: 'ms',
    doc: 'Longest time of a SQL statement.',
  },
  {
    path: 'query.max_concurrent',
    type: 'integer',
    default: 4,
    min: 1,
    max: 64,
    doc: 'Questions run at once; others wait.',
  },
  {
    path: 'query.max_waiting',
    type: 'integer',
    default: 64,
    min: 0,
    doc: 'Questions that may wait; beyond it they get 503.',
  },
  {
    path: 'query.deadline_ms',
    type: 'integer',
    default: 30_000,
    min: 10,
    unit: 'ms',
    doc: 'Longest run of a question.',
  },
  {
    path: 'query.cache_mb',
    type: 'integer',
    default: 64,
    min: 0,
    unit: 'MB',
    doc: 'Size of the answer cache; 0 turns it off.',
  },

  {
    path: 'live.enabled',
    type: 'boolean',
    default: true,
    doc: 'Count live windows while events come in.',
  },
  {
    path: 'live.model_dimensions',
    type: 'string',
    default: 'model',
    doc: 'Dimensions of the live windows of telemetry and cost, with commas between them; empty for none.',
  },
  {
    path: 'live.kind_dimensions',
    type: 'string',
    default: 'kind',
    doc: 'Dimensions of the live windows of the other families, with commas between them; empty for none.',
  },
  {
    path: 'live.disorder_seconds',
    type: 'number',
    default: 5,
    min: 0,
    max: 3600,
    unit: 's',
    doc: 'How much later than others an event may come and still be in time for its live window. A window closes so much later.',
  },
  {
    path: 'live.idle_seconds',
    type: 'number',
    default: 30,
    min: 1,
    unit: 's',
    doc: 'Without events for so long, live windows close by the clock.',
  },
  {
    path: 'live.interval_ms',
    type: 'integer',
    default: 250,
    min: 1,
    max: 10_000,
    unit: 'ms',
    doc: 'Events are gathered for so long before live windows count them.',
  },
  {
    path: 'live.max_groups',
    type: 'integer',
    default: 1000,
    min: 1,
    max: 1_000_000,
    doc: 'Groups that a definition of live windows tells apart at one time, over all projects; further ones count under __other__.',
  },
  {
    path: 'live.max_definitions',
    type: 'integer',
    default: 50,
    min: 0,
    max: 1000,
    doc: "Definitions of live windows that people may add to the hub's own.",
  },
  {
    path: 'live.max_lag_records',
    type: 'integer',
    default: 100_000,
    min: 1,
    doc: 'Records of the log by which live windows may be behind; beyond, they begin anew at its end.',
  },
  {
    path: 'live.closed_windows',
    type: 'integer',
    default: 60,
    min: 1,
    max: 1000,
    doc: 'Closed live windows of each size that are kept, and corrected when their events change.',
  },
  {
    path: 'live.windows',
    type: 'string',
    default: null,
    doc: 'JSON file with a list of live windows, as POST /api/v1/windows takes them; they are there at every start and cannot be removed at run time.',
  },
  {
    path: 'live.max_streams',
    type: 'integer',
    default: 200,
    min: 0,
    doc: 'Most live streams (GET /api/v1/live) at once; each may hold 1 MB for a reader that is slow. 0 allows none.',
  },
  {
    path: 'live.max_streams_per_key',
    type: 'integer',
    default: 16,
    min: 0,
    doc: 'Most live streams of one key at once.',
  },
  {
    path: 'prices.overrides',
    type: 'string',
    default: null,
    doc: 'JSON file of prices that win over the built-in table (LiteLLM format).',
  },

  {
    path: 'backup.dir',
    type: 'string',
    default: null,
    doc: 'Folder that the hub may write backups into, and into folders below it, when asked by llmhub backup. Without it a running hub writes none.',
  },

  {
    path: 'log_level',
    type: 'string',
    default: 'info',
    doc: 'Least level of log lines: fatal, error, warn, info, debug, trace, silent.',
  },
  {
    path: 'shutdown_seconds',
    type: 'integer',
    default: 10,
    min: 0,
    unit: 's',
    doc: 'How long requests in flight may take when stopping.',
  },
] as const satisfies readonly OptionSpec[]

type ValueOf<S> = S extends { type: 'integer' | 'number' }
  ? number
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { default: null }
      ? string | null
      : string

/** The configuration: option path → value. */
export type Config = { readonly [S in (typeof OPTIONS)[number] as S['path']]: ValueOf<S> }

/** Environment variable of an option: `ingest.max_tags` → `LLMHUB_INGEST_MAX_TAGS`. */
export function envName(spec: OptionSpec): string {
  return spec.env ?? `LLMHUB_${spec.path.replaceAll('.', '_').toUpperCase()}`
}
