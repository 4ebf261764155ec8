import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@llmhub/source'] },
  ssr: { resolve: { conditions: ['@llmhub/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['./test/leak-guard/leak-guard.ts', './test/seed/setup.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@llmhub/source'],
    testTimeout: 30_000,
  },
})
