/** What the commands print on a terminal, run for real against a small hub: docs/reference/cli-screens.md. */

export interface Screen {
  readonly argv: readonly string[]
  /** Exit code; 0 where none is given. */
  readonly exit?: number
}

export interface Chapter {
  readonly title: string
  /** Whether the hub runs, or its folder is looked at. */
  readonly hub: 'running' | 'stopped'
  readonly screens: readonly Screen[]
}

const RANGE = ['--from', '2025-03-10', '--to', '2025-03-17'] as const
const screen = (line: string, exit = 0): Screen => ({ argv: line.split(' '), exit })
const ranged = (line: string): Screen => ({ argv: [...line.split(' '), ...RANGE] })

/** LETTER, KEY, FILE:name, RESTORED and BACKUPS stand for what the test made. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Questions',
    hub: 'running',
    screens: [
      ranged('query cost.total requests.count latency.p95 requests.error_rate --by model'),
      ranged('query latency.p95 --by time:6h --chart'),
      ranged('query latency.p95 --by time:6h --by model --chart --ascii'),
      ranged('query cost.total --by model --chart'),
      ranged('query cost.total requests.count --by model --spark'),
      ranged('query requests.count cost.total --by time:1d --compare'),
      ranged('explain --vs 2025-03-03..2025-03-10'),
      screen('reconcile FILE:invoice.csv'),
      screen('query latency.p59', 2),
      screen('query cost.total -o jsn', 2),
    ],
  },
  {
    title: 'Rejected events',
    hub: 'running',
    screens: [
      screen('dead-letters list'),
      screen('dead-letters show LETTER'),
      screen('dead-letters summary --granularity 1day --from now-1d'),
      screen('dead-letters replay LETTER --set /payload/model_id=gpt-4o --dry-run'),
      screen('dead-letters dismiss --all --code wrong_type --dry-run'),
      screen('dead-letters dismiss --all --code wrong_type', 2),
    ],
  },
  {
    title: 'Prices',
    hub: 'running',
    screens: [
      screen('prices list --provider anthropic --model sonnet --limit 4 --at 2025-06-01 --offline'),
      screen('prices show gpt-4o --provider openai --at 2025-06-01 --offline'),
      screen('prices check FILE:prices.json', 1),
      screen('prices diff FILE:good-prices.json --at 2025-06-01'),
      ranged('reprice --dry-run'),
    ],
  },
  {
    title: 'Keys and contexts',
    hub: 'running',
    screens: [
      screen('keys list'),
      screen('keys create reader --permission query:read'),
      screen('keys revoke KEY --dry-run'),
      screen('keys revoke KEY', 2),
      screen('context list'),
      screen('context show prod', 6),
      screen('login --url http://127.0.0.1:59999 --name prod', 5),
    ],
  },
  {
    title: 'Retention, holds and erasure',
    hub: 'running',
    screens: [
      screen('retention set 400 --family security --yes'),
      screen('retention show'),
      screen('retention set 90 --dry-run'),
      screen('retention run --dry-run'),
      { argv: ['holds', 'put', 'case-17', '--project', 'default', '--reason', 'litigation 17'] },
      screen('holds list'),
      screen('holds release case-17 --dry-run'),
      screen('erase --user-id user-3 --dry-run'),
      screen('holds release case-17 --yes'),
      screen('erase --user-id user-3 --yes'),
      screen('erasures'),
    ],
  },
  {
    title: 'Operation',
    hub: 'running',
    screens: [
      screen('doctor'),
      screen('verify log'),
      screen('backup'),
      screen('import --list'),
      screen('import FILE:trace.csv --map azure-llm-inference --field model_id=gpt-4o --dry-run'),
      screen('import FILE:trace.csv --map azure-llm-inference --field model_id=gpt-4o'),
      screen('config validate --set prot=9', 78),
    ],
  },
  {
    title: 'With the hub stopped',
    hub: 'stopped',
    screens: [
      screen('query requests.count --url http://127.0.0.1:59999', 5),
      screen('journal verify'),
      screen('journal dump --limit 2'),
      screen('journal repair --dry-run'),
      screen('keys reset --dry-run'),
      screen('backup list BACKUPS'),
      screen('backup verify BACKUPS'),
      screen('backup prune BACKUPS --keep 1 --dry-run'),
      screen('restore --from BACKUPS --to RESTORED'),
      screen('querry cost.total', 2),
      screen('completion bsh', 2),
    ],
  },
]

/** Files that the screens read. */
export const FILES: Readonly<Record<string, string>> = {
  'invoice.csv':
    'date,model,amount,currency\n2025-03-10,gpt-4o,1.20,USD\n2025-03-11,gpt-4o,0.80,USD\n',
  'prices.json': '{\n  "house": { "input_cost_per_token": "free" },\n  "other": {}\n}\n',
  'good-prices.json':
    '{"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 3e-6, "output_cost_per_token": 1e-5}}\n',
  'trace.csv':
    'TIMESTAMP,ContextTokens,GeneratedTokens\n2025-03-18 08:00:00,10,20\n2025-03-18 08:00:01,30,40\n',
}

const MODELS = [
  ['openai', 'gpt-4o', 450],
  ['anthropic', 'claude-3-5-sonnet-20241022', 700],
  ['house', 'own-model', 90],
] as const
const HOUR = 3_600_000

/** Two weeks of calls, the same every time: more by day, slower on one afternoon. */
export function eventsOfTwoWeeks(): object[] {
  const start = Date.parse('2025-03-03T00:00:00Z')
  return Array.from({ length: 14 * 24 }, (_, hour) => {
    const calls = 1 + Math.round(2 + 2 * Math.sin(((hour % 24) / 24) * 2 * Math.PI - 2))
    return Array.from({ length: calls }, (__, i) => {
      const at = hour * 7 + i
      const [provider, model, ms] = MODELS[at % MODELS.length] ?? MODELS[0]
      const isSlow = hour > 8 * 24 + 12 && hour < 8 * 24 + 20
      return {
        common: {
          event_id: `screen-${hour}-${i}`,
          timestamp: new Date(start + hour * HOUR + i * 60_000).toISOString(),
          tags: { team: `team-${at % 3}` },
        },
        payload: {
          type: 'llm_request',
          provider,
          model_id: model,
          usage: { input_tokens: 800 + ((at * 37) % 900), output_tokens: 100 + ((at * 13) % 300) },
          latency_ms: ms * (1 + ((at * 29) % 17) / 10) * (isSlow ? 4 : 1),
          status: at % 41 === 0 ? 'error' : 'ok',
          user_id: `user-${at % 8}`,
        },
      }
    })
  }).flat()
}
