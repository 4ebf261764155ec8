import { runCli } from './program.ts'
import {
  type ContextSetting,
  type Remembered,
  rememberingContext,
} from './remembering-context.fixture.ts'

/** The command line in this process, with a terminal that only remembers. */

export type CliRun = { readonly code: number } & Readonly<Remembered>

export async function run(argv: readonly string[], setting: ContextSetting = {}): Promise<CliRun> {
  const { context, written } = rememberingContext(setting)
  const code = await runCli(argv, context, '9.9.9')
  return { code, ...written }
}
