import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { childEnv } from './packages/hub/bin/launch.js'

export default defineConfig({
  resolve: { conditions: ['@llmhub/source'] },
  ssr: { resolve: { conditions: ['@llmhub/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['./test/leak-guard/leak-guard.ts', './test/seed/setup.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@llmhub/source'],
    // vitest would leave one core to itself: on two cores that is half of the machine, for next to nothing.
    maxWorkers: availableParallelism(),
    // A limit ends what hangs and judges nothing: no test expects to be done in time. Hooks start hubs as
    // tests do, and the harness, which knows more to say, gives a start thirty seconds.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Processes that tests start find their modules compiled, as those that the launcher starts.
    env: { NODE_COMPILE_CACHE: childEnv({}).NODE_COMPILE_CACHE },
  },
})
