import fc from 'fast-check'

/**
 * Property tests draw the same cases in every run, so that a failure is the change's and not the
 * day's. LLMHUB_SEED=<n> draws others; the long suites do.
 */
fc.configureGlobal({ seed: Number(process.env['LLMHUB_SEED'] ?? 20_261_121) })
