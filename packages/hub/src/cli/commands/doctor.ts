import { loadConfig, userConfigFolder } from '../../config/load.ts'
import { OPTIONS, type OptionSpec } from '../../config/options.ts'
import type { Resolved } from '../../config/resolve.ts'
import { assignments, type CliContext, connectionOf, type GlobalOptions } from '../context.ts'
import { readContexts } from '../contexts-file.ts'
import { type Finding, findingLines, ok, problem, summaryOf } from '../doctor/finding.ts'
import { checkFolder, ownerFinding } from '../doctor/folder.ts'
import { checkHub, contextsFinding, localOwner } from '../doctor/hub.ts'
import { checkMemory, checkNode, checkThreads, checkZones, limitsHere } from '../doctor/machine.ts'
import { CliError, EXIT } from '../exit-codes.ts'

/** `llmhub doctor`: every check, each with what to do; exit 1 when something is broken. */
export async function doctor(
  options: GlobalOptions & { json?: boolean },
  context: CliContext,
  version: string,
): Promise<void> {
  const { terminal, clock } = context
  const findings: Finding[] = [checkNode(), checkThreads(), checkZones()]
  const loaded = loadConfig(assignments(options.set), options.config)
  let hubVersion: string | null = null
  if (loaded.ok) {
    const { config } = loaded.resolved
    findings.push(ok('configuration', 'valid'), checkMemory(config, limitsHere()))
    const folder = await checkFolder(config, version)
    findings.push(...folder.findings)
    const hub = await hubFindings(options, loaded.resolved, context)
    hubVersion = hub.version
    if (folder.owner !== null) {
      const answering =
        hub.url === null || hub.version === null ? null : { url: hub.url, pid: localOwner(hub.url) }
      findings.push(ownerFinding(config.data_dir, folder.owner, answering))
    }
    findings.push(...hub.findings)
  } else {
    for (const { where, message } of loaded.issues) {
      const fix = 'Mend it there; every option with its origin: llmhub config show --origin'
      findings.push(problem('configuration', `${where}: ${message}`, fix))
    }
  }
  if (options.json === true) {
    const { node, v8, icu, tz, openssl, uv } = process.versions
    const report = {
      at: new Date(clock.now()).toISOString(),
      ok: !findings.some(({ state }) => state === 'error'),
      versions: { llmhub: version, hub: hubVersion, node, v8, icu, tz, openssl, uv },
      machine: { platform: process.platform, arch: process.arch, ...limitsHere() },
      configuration: loaded.ok ? configuration(loaded.resolved) : null,
      findings,
    }
    terminal.out(`${JSON.stringify(report, null, 2)}\n`)
  } else {
    terminal.out(findingLines(findings, terminal))
    terminal.err(`${summaryOf(findings)}\n`)
  }
  if (findings.some((finding) => finding.state === 'error')) throw new CliError('', EXIT.failure)
}

/** A context that does not exist, or a key file that cannot be read, is a finding like any other. */
async function hubFindings(options: GlobalOptions, resolved: Resolved, context: CliContext) {
  try {
    const contexts = contextsFinding(readContexts(userConfigFolder()).file)
    const settings = connectionOf(options, resolved)
    const { findings, version } = await checkHub(settings, resolved.config, context)
    const all = contexts === null ? findings : [contexts, ...findings]
    return { findings: all, version, url: settings.url }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const [message = '', ...fix] = error.message.split('\n')
    const finding = problem('hub', message, fix.join(' ') || 'See llmhub help auth')
    return { findings: [finding], version: null, url: null }
  }
}

/** Every option with its value and origin; secrets are left out. */
function configuration({ config, origins }: Resolved): object[] {
  const values = config as Readonly<Record<string, unknown>>
  return OPTIONS.map((spec: OptionSpec) => ({
    option: spec.path,
    value:
      spec.type === 'secret'
        ? values[spec.path] === null
          ? null
          : 'left out'
        : (values[spec.path] ?? null),
    origin: origins[spec.path] ?? 'default',
  }))
}
