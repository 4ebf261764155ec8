import type { Config } from '../../config/options.ts'
import type { Hub } from '../../hub.ts'
import { type CliContext, type GlobalOptions, resolvedConfig } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { logDestination } from '../log-lines.ts'
import { runHub } from '../run-hub.ts'

/** `llmhub serve`: runs until SIGTERM or SIGINT, or until the storage fails. */
export async function serve(options: GlobalOptions, context: CliContext): Promise<void> {
  const { config } = resolvedConfig(options)
  // Loaded on demand: the other commands need neither drivers nor stages.
  const { startHub } = await import('../../hub.ts')
  const started = await startHub(config, context.clock, logDestination(context.terminal))
  if (!started.ok) throw new CliError(started.message, EXIT[started.reason])
  const { hub } = started
  banner(hub, config, context)
  await runHub(hub, context)
}

/** What a person needs to go on: where it listens, the key that was made, a first event. */
function banner(
  { url, firstKey }: Pick<Hub, 'url' | 'firstKey'>,
  config: Config,
  context: CliContext,
): void {
  const { terminal } = context
  terminal.err(`\n  LLM Analytics Hub is ready at ${url}\n`)
  if (firstKey !== null) {
    terminal.err('\n  Your key, shown this once. In another terminal:\n\n')
    terminal.err(`    export LLMHUB_KEY=${firstKey}\n    export LLMHUB_URL=${url}\n`)
    terminal.err(`
  Send a first event:

    curl -sS $LLMHUB_URL/api/v1/events -H "authorization: Bearer $LLMHUB_KEY" -H 'content-type: application/json' \\
      -d '{"common":{"event_id":"hello","timestamp":'$(date +%s)'},"payload":{"type":"llm_request","provider":"openai","model_id":"gpt-4o","usage":{"input_tokens":1000,"output_tokens":200},"latency_ms":850}}'

  and ask what it cost:

    curl -sS "$LLMHUB_URL/api/v1/costs?after=0:1" -H "authorization: Bearer $LLMHUB_KEY"
`)
  } else if (config.admin_key === null) {
    terminal.err('\n  It takes the keys it had; npx llmhub keys list shows them.\n')
    terminal.err(
      `  None left? Stop it and run: npx llmhub keys reset --set data_dir=${config.data_dir} --yes\n`,
    )
  }
  terminal.err('\n')
}
