import { spawnSync } from 'node:child_process'

/** Why a command cannot be run on this machine, as the reason to skip what needs it, or null. */
export function whyNot(command: string): string | null {
  const { status } = spawnSync(command, ['--version'], { stdio: 'ignore' })
  return status === 0 ? null : `${command} is not installed`
}
