import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The guard over files that leave things open, for the test of the guard. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['fixtures/*.fixture.ts'],
    setupFiles: ['./leak-guard.ts'],
    pool: 'forks',
    // They mostly wait for what does not close.
    maxWorkers: 6,
  },
})
