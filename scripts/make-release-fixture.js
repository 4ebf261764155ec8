// `npm run make-release-fixture`: set up, then make the data folder of the present release, which later
// releases must be able to open (test/fixtures/releases/).

import { setUp } from './set-up.js'
import { runNode } from './tool.js'

setUp()
process.exitCode = await runNode([
  '--conditions=@llmhub/source',
  '--disable-warning=ExperimentalWarning',
  'packages/hub/test/releases/make-fixture.ts',
])
