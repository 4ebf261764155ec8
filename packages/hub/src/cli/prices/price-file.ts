import { readFile } from 'node:fs/promises'
import type { ModelInfo, Provider } from '@pydantic/genai-prices'
import type { OverrideIssue, Overrides } from '../../ingest/price-override.ts'
import { parseOverrides } from '../../ingest/price-override.ts'
import { compileListed, type DatedPlan, overrideTiers } from '../../ingest/price-table.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { type JsonPlaces, jsonPlaces } from './json-places.ts'

/** A file of prices in one of the forms that are understood. */
export interface PriceFile {
  /** `litellm`: an object by model id, as overrides are; `genai`: a list of providers. */
  readonly form: 'litellm' | 'genai'
  readonly models: readonly FileModel[]
  readonly issues: readonly OverrideIssue[]
  readonly notes: readonly OverrideIssue[]
  readonly places: JsonPlaces
  /** Of a `litellm` file. */
  readonly overrides: Overrides | null
}

export interface FileModel {
  /** Null: any provider. */
  readonly provider: string | null
  readonly model: string
  /** By service tier; the first that counts applies. */
  readonly tiers: ReadonlyMap<string, readonly DatedPlan[]>
}

/**
 * Reads a file of prices.
 * @throws CliError when it cannot be read, is not JSON (with line and column) or of neither form
 */
export async function readPriceFile(path: string): Promise<PriceFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, EXIT.notFound)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CliError(`${path} is not JSON: ${(error as Error).message}`, EXIT.failure)
  }
  const places = jsonPlaces(text)
  const twice = places.twice.map((at) => ({ path: at, message: 'is there twice' }))
  if (Array.isArray(json)) {
    const read = readProviders(json)
    return { ...read, form: 'genai', issues: [...twice, ...read.issues], places, overrides: null }
  }
  const overrides = parseOverrides(json)
  return {
    form: 'litellm',
    models: overrides.models.map((override) => ({
      provider: override.provider,
      model: override.model,
      tiers: overrideTiers(override),
    })),
    issues: [...twice, ...overrides.issues],
    notes: overrides.notes,
    places,
    overrides,
  }
}

/** The form of the price package's own data: providers with models with prices per million. */
function readProviders(list: readonly unknown[]): Pick<PriceFile, 'models' | 'issues' | 'notes'> {
  const models: FileModel[] = []
  const issues: OverrideIssue[] = []
  const notes: OverrideIssue[] = []
  for (const [i, value] of list.entries()) {
    const provider = value as Partial<Provider> | null
    if (typeof provider?.id !== 'string' || !Array.isArray(provider.models)) {
      issues.push({ path: `/${i}`, message: 'is not a provider with an id and models' })
      continue
    }
    for (const [j, info] of (provider.models as readonly Partial<ModelInfo>[]).entries()) {
      const path = `/${i}/models/${j}`
      if (typeof info.id !== 'string' || typeof info.prices !== 'object') {
        issues.push({ path, message: 'is not a model with an id and prices' })
        continue
      }
      const tiers = compileListed(provider.id, info as ModelInfo)
      if (tiers === null)
        issues.push({ path: `${path}/prices`, message: 'cannot be used as prices' })
      else if ([...tiers.values()].flat().every(({ list: prices }) => prices.size === 0)) {
        notes.push({ path: `${path}/prices`, message: 'prices nothing that is counted' })
      } else models.push({ provider: provider.id, model: info.id, tiers })
    }
  }
  return { models, issues, notes }
}
