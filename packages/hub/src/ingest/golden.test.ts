import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseUsd } from './money.ts'
import { priceCall } from './price.ts'
import { createPriceTable } from './price-table.ts'
import { normalizeUsage, type Usage } from './usage.ts'
import { restoreUsage, usageDetails } from './usage-details.ts'

const micros = (iso: string) => Date.parse(iso) * 1000
const standard = createPriceTable()
const shared =
  process.env['LLMHUB_SHARED_DATA'] ??
  path.resolve(import.meta.dirname, '../../../../../shared/data')

/**
 * Usage blocks of real answers with prices that the price package's own tests expect of them. Each body
 * is priced as on the day those were computed, before changes that the installed list has dated since.
 */
const goldenFile = path.join(shared, 'telemetry/genai-usages.even.json')
const hasGolden = existsSync(goldenFile)

interface GoldenLine {
  readonly provider_id: string
  readonly api_flavor: string
  readonly input_price?: string
  readonly output_price?: string
}
interface GoldenEntry {
  readonly model?: string
  readonly body: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number | undefined>>
    readonly extractors: readonly GoldenLine[]
  }[]
}

/** Whether a flavour of API is the one that gave this body; the others read only half of it. */
function isFlavourOf(
  body: GoldenEntry['body'],
  { api_flavor: flavour, provider_id: id }: GoldenLine,
) {
  const usage = body['usage']
  if (body['usageMetadata'] !== undefined) return id === 'google' && flavour === 'default'
  if (usage === undefined) return flavour === 'embeddings'
  if ('cache_creation_input_tokens' in usage) {
    return flavour === 'anthropic' || (id === 'anthropic' && flavour === 'default')
  }
  if ('completion_tokens' in usage) {
    return flavour === 'chat' || (flavour === 'default' && (id === 'groq' || id === 'mistral'))
  }
  if ('prompt_tokens' in usage) return flavour === 'embeddings'
  if ('input_tokens_details' in usage) return flavour === 'responses'
  return flavour === 'default' || flavour === 'anthropic' || flavour === 'responses'
}

/** Lines that differ, and why; figures are computed, the bodies are not kept here. */
const KNOWN_DIFFERENCES = [
  {
    line: 'azure:responses gpt-5.6-sol',
    times: 2,
    why: 'The body reports cache writes; the reading of Azure answers in the package passes them over.',
  },
  {
    line: 'azure:chat gpt-5.6-sol',
    times: 1,
    why: 'The body reports cache writes; the reading of Azure answers in the package passes them over.',
  },
  {
    line: 'google:anthropic claude-sonnet-4-5-20250929',
    times: 1,
    why: 'More than 200,000 input tokens: the installed list has the higher price on Google too.',
  },
  {
    line: 'cerebras:chat qwen-3-coder-480b',
    times: 1,
    why: 'The list has the model with no price at all: unpriced here, zero there.',
  },
]

/** Our names for the counts of the corpus. A modality of ours that is not listed there is not compared. */
const COUNTS: Readonly<Record<string, (usage: Usage) => number | null>> = {
  input_tokens: (usage) => usage.input,
  output_tokens: (usage) => usage.output,
  cache_read_tokens: (usage) => usage.cacheRead,
  cache_write_tokens: (usage) => usage.cacheWrite,
  cache_write_5m_tokens: (usage) => usage.cacheWrite5m,
  cache_write_1h_tokens: (usage) => usage.cacheWrite1h,
  output_reasoning_tokens: (usage) => usage.reasoning,
  input_audio_tokens: (usage) => usage.inputAudio,
  input_image_tokens: (usage) => usage.inputImage,
  input_video_tokens: (usage) => usage.inputVideo,
  cache_audio_read_tokens: (usage) => usage.cacheReadAudio,
  cache_image_read_tokens: (usage) => usage.cacheReadImage,
  cache_video_read_tokens: (usage) => usage.cacheReadVideo,
  output_audio_tokens: (usage) => usage.outputAudio,
  output_image_tokens: (usage) => usage.outputImage,
  output_video_tokens: (usage) => usage.outputVideo,
  web_searches: (usage) => usage.webSearches,
}

function usageOf(body: GoldenEntry['body']): Usage | null {
  return normalizeUsage(body['usage'] ?? body['usageMetadata'] ?? body['meta'], 'http')
}

describe('published costs of real answers', () => {
  it('agree to the last digit but for the differences that are explained', (context) => {
    if (!hasGolden) return context.skip(`there is no ${goldenFile}`)
    const entries = JSON.parse(readFileSync(goldenFile, 'utf8')) as readonly GoldenEntry[]
    const time = micros('2025-11-01T12:00:00Z')
    const differing = new Map<string, number>()
    let priced = 0
    let agreeing = 0
    for (const { model, body, extracted } of entries) {
      const usage = usageOf(body)
      const lines = extracted
        .flatMap((each) => each.extractors)
        .filter((line) => line.input_price !== undefined && isFlavourOf(body, line))
      const wrong = lines.filter((line) => {
        const call = { provider: line.provider_id, model: model ?? null, time, usage, tier: null }
        const cost = priceCall(standard, call)
        const expected = [parseUsd(line.input_price ?? '0'), parseUsd(line.output_price ?? '0')]
        return !('total' in cost && cost.prompt === expected[0] && cost.completion === expected[1])
      })
      for (const line of wrong) {
        const key = `${line.provider_id}:${line.api_flavor} ${model}`
        differing.set(key, (differing.get(key) ?? 0) + 1)
      }
      if (lines.length > 0) priced++
      if (lines.length > 0 && wrong.length === 0) agreeing++
    }
    console.log(
      `golden.test: ${agreeing} of ${priced} answers with a published cost agree to the last digit; ` +
        `${entries.length - priced} of ${entries.length} have none`,
    )
    expect(Object.fromEntries(differing)).toEqual(
      Object.fromEntries(KNOWN_DIFFERENCES.map(({ line, times }) => [line, times])),
    )
    expect({ entries: entries.length, priced, agreeing }).toEqual({
      entries: 789,
      priced: 642,
      agreeing: 637,
    })
  })

  it('have the usage that is published for a platform that reads all of the answer', (context) => {
    if (!hasGolden) return context.skip(`there is no ${goldenFile}`)
    const entries = JSON.parse(readFileSync(goldenFile, 'utf8')) as readonly GoldenEntry[]
    const differing = new Map<string, number>()
    let compared = 0
    let agreeing = 0
    for (const { model, body, extracted } of entries) {
      const usage = usageOf(body)
      const readings = extracted.filter(({ extractors }) =>
        extractors.some((line) => isFlavourOf(body, line)),
      )
      if (readings.length === 0) continue
      compared++
      // Several platforms read a body, some of them less of it than the one that wrote it.
      const misses = readings.map(({ usage: published }) =>
        Object.entries(COUNTS)
          .filter(([name, read]) => {
            const ours = (usage === null ? null : read(usage)) ?? 0
            return ours !== (published[name] ?? 0)
          })
          .map(([name]) => name),
      )
      if (misses.some((names) => names.length === 0)) agreeing++
      else {
        const key = `${model} ${misses[0]?.join(' ')}`
        differing.set(key, (differing.get(key) ?? 0) + 1)
      }
    }
    console.log(`golden.test: ${agreeing} of ${compared} usage blocks agree with the published one`)
    expect(Object.fromEntries(differing)).toEqual({})
    expect({ compared, agreeing }).toEqual({ compared: 789, agreeing: 789 })
  })

  it('are priced the same from what a row keeps', (context) => {
    if (!hasGolden) return context.skip(`there is no ${goldenFile}`)
    const entries = JSON.parse(readFileSync(goldenFile, 'utf8')) as readonly GoldenEntry[]
    let compared = 0
    for (const { model, body, extracted } of entries) {
      const usage = usageOf(body)
      if (usage === null) continue
      const row = restoreUsage(
        {
          input: usage.input,
          output: usage.output,
          cacheRead: usage.cacheRead,
          cacheWrite: usage.cacheWrite,
          reasoning: usage.reasoning,
        },
        usageDetails(usage),
      )
      for (const { provider_id: provider } of extracted.flatMap((each) => each.extractors)) {
        const call = { provider, model: model ?? null, time: micros('2026-01-15'), tier: null }
        expect(priceCall(standard, { ...call, usage: row })).toEqual(
          priceCall(standard, { ...call, usage }),
        )
        compared++
      }
    }
    expect(compared).toBeGreaterThan(3000)
  })
})
