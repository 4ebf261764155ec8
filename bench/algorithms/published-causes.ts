import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Metric, partialCorrelations, rankCauses, spearmanTest } from '@llmhub/stats'
import type { Report } from './area.ts'

interface Target {
  readonly target: { readonly node: string; readonly metric: string; readonly agg: string }
  readonly root_cause: { readonly node: string }
}

/** Columns of microservice, metric and statistic with their values by row. */
interface MetricTable {
  readonly columns: readonly { readonly service: string; readonly name: string }[]
  readonly rows: readonly (readonly number[])[]
}

function readTable(file: string): MetricTable {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const [services = [], metrics = [], statistics = []] = lines
    .slice(0, 3)
    .map((line) => line.split(',').slice(1))
  return {
    columns: services.map((service, i) => ({
      service,
      name: `${service} ${metrics[i] ?? ''} ${statistics[i] ?? ''}`,
    })),
    rows: lines.slice(4).map((line) =>
      line
        .split(',')
        .slice(1)
        .map((text) => (text.trim() === '' ? Number.NaN : Number(text))),
    ),
  }
}

/** Issues of the PetShop data (Hardt et al. 2024) that are kept, each beside the hours without an issue. */
export function measurePetShop(data: string, report: Report): void {
  const folder = join(data, 'rca/petshop/high_traffic')
  if (!existsSync(folder)) return
  const normal = readTable(join(folder, 'noissue/metrics.csv'))
  const graph = readFileSync(join(folder, 'graph.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const [nodes = [], ...edges] = graph
  const calls = edges.flatMap(([caller = '', ...row]) =>
    row.flatMap((flag, j) => (Number(flag) > 0 ? [[caller, nodes[j + 1] ?? ''] as const] : [])),
  )
  for (const directed of [false, true]) {
    const started = performance.now()
    const places: number[] = []
    for (let i = 0; i < 8; i++) {
      const issue = readTable(join(folder, `train/issue_${i}/metrics.csv`))
      const { root_cause } = JSON.parse(
        readFileSync(join(folder, `train/issue_${i}/target.json`), 'utf8'),
      ) as Target
      const metrics = normal.columns.flatMap(({ service, name }, j): Metric[] => {
        const after = issue.columns.findIndex((column) => column.name === name)
        if (after < 0) return []
        const past = normal.rows.map((row) => row[j] ?? Number.NaN)
        const values = [...past, ...issue.rows.map((row) => row[after] ?? Number.NaN)]
        return [{ name, service, values }]
      })
      const { services } = rankCauses(metrics, {
        onset: normal.rows.length,
        ...(directed ? { calls } : {}),
      })
      places.push(services.findIndex(({ service }) => service === root_cause.node))
    }
    const top = (k: number): string => `${places.filter((place) => place >= 0 && place < k).length}`
    report({
      goal: `PetShop, high traffic (8 issues${directed ? ', by calls' : ''}): cause among the first 1, 3, 5`,
      anchor: '',
      ours: `${top(1)}, ${top(3)}, ${top(5)} of 8`,
      passed: null,
      seconds: (performance.now() - started) / 1000,
    })
  }
}

/** The network of Sachs et al. (2005): pairs joined in it, among those partial correlations of ranks call joined. */
export function measureSachs(data: string, report: Report): void {
  const file = join(data, 'rca/sachs_cyto_full_data.csv')
  if (!existsSync(file)) return
  const started = performance.now()
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const names = header.trim().split(',')
  const rows = lines.map((line) => line.split(',').map(Number))
  const columns = names.map((_, j) => rows.map((row) => Math.log(Math.max(1e-3, row[j] ?? 0))))
  const truth = new Set(
    readFileSync(join(data, 'rca/sachs_cyto_full_target.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replaceAll('"', '').replace(',', ' ')),
  )
  const { correlations, pValues } = partialCorrelations(columns)
  const score = (joined: (i: number, j: number) => boolean): string => {
    let [found, right] = [0, 0]
    for (let i = 0; i < names.length; i++)
      for (let j = 0; j < i; j++) {
        if (!joined(i, j)) continue
        found++
        const [a = '', b = ''] = [names[i], names[j]]
        if (truth.has(`${a} ${b}`) || truth.has(`${b} ${a}`)) right++
      }
    const f1 = (2 * right) / (found + truth.size)
    return `${right} of ${found} right, F1 ${f1.toFixed(2)}`
  }
  const place = (i: number, j: number): number => i * names.length + j
  const strong = score(
    (i, j) =>
      Math.abs(correlations.data[place(i, j)] ?? 0) >= 0.1 &&
      (pValues.data[place(i, j)] ?? 1) < 0.01 / 55,
  )
  const plain = score(
    (i, j) => Math.abs(spearmanTest(columns[i] ?? [], columns[j] ?? []).statistic) >= 0.1,
  )
  report({
    goal: `Sachs, ${truth.size} joined pairs: partial correlations of at least 0.1`,
    anchor: `plain correlations of at least 0.1: ${plain}`,
    ours: strong,
    passed: null,
    seconds: (performance.now() - started) / 1000,
  })
}
