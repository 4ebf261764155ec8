/** The price fields of LiteLLM's `model_prices_and_context_window.json`, as data. */

/** A field without its suffixes: dollars for one of something. */
export interface PriceKey {
  /** Unit of the price lists (`price-plan.ts`). */
  readonly unit: string
  /** How many of what the field prices the unit's price is for: a million tokens, an hour of seconds. */
  readonly times: bigint
  /** `mode`s of entries in which the field means this; absent for all. */
  readonly modes?: readonly string[]
  /** Used only where no other field prices the unit. */
  readonly weak?: true
}

const MILLION = 1_000_000n
const THOUSAND = 1000n
const HOUR = 3600n

const perToken = (unit: string): readonly PriceKey[] => [{ unit, times: MILLION }]

/** A field whose meaning depends on the mode has several readings; the first that fits counts. */
export const PRICE_KEYS: Readonly<Record<string, readonly PriceKey[] | undefined>> = {
  input_cost_per_token: perToken('input_mtok'),
  output_cost_per_token: perToken('output_mtok'),
  output_cost_per_reasoning_token: perToken('output_reasoning_mtok'),
  cache_read_input_token_cost: perToken('cache_read_mtok'),
  input_cost_per_token_cache_hit: [{ unit: 'cache_read_mtok', times: MILLION, weak: true }],
  cache_creation_input_token_cost: perToken('cache_write_mtok'),
  cache_creation_input_token_cost_above_1hr: perToken('cache_write_1h_mtok'),
  input_cost_per_audio_token: perToken('input_audio_mtok'),
  output_cost_per_audio_token: perToken('output_audio_mtok'),
  cache_read_input_audio_token_cost: perToken('cache_audio_read_mtok'),
  input_cost_per_image_token: perToken('input_image_mtok'),
  output_cost_per_image_token: perToken('output_image_mtok'),
  input_cost_per_video_token: perToken('input_video_mtok'),
  output_cost_per_video_token: perToken('output_video_mtok'),
  input_cost_per_character: [{ unit: 'input_mchars', times: MILLION }],
  output_cost_per_character: [{ unit: 'output_mchars', times: MILLION }],
  output_cost_per_image: [{ unit: 'output_kimages', times: THOUSAND }],
  // Of a model that makes images it is the image made.
  input_cost_per_image: [
    {
      unit: 'output_kimages',
      times: THOUSAND,
      modes: ['image_generation', 'image_edit'],
      weak: true,
    },
    { unit: 'input_kimages', times: THOUSAND },
  ],
  input_cost_per_audio_per_second: [{ unit: 'input_audio_hours', times: HOUR }],
  input_cost_per_video_per_second: [{ unit: 'input_video_hours', times: HOUR }],
  output_cost_per_video_per_second: [{ unit: 'output_video_hours', times: HOUR }],
  // Elsewhere a second is one of the machine, which no usage record counts.
  input_cost_per_second: [
    { unit: 'input_audio_hours', times: HOUR, modes: ['audio_transcription'] },
  ],
  // A transcription is charged by the length of what is heard, whichever side the field names.
  output_cost_per_second: [
    { unit: 'input_audio_hours', times: HOUR, modes: ['audio_transcription'], weak: true },
    { unit: 'output_audio_hours', times: HOUR, modes: ['audio_speech'] },
    { unit: 'output_video_hours', times: HOUR, modes: ['video_generation'], weak: true },
  ],
  input_cost_per_query: [{ unit: 'rerank_searches_kcount', times: THOUSAND }],
  input_cost_per_request: [{ unit: 'requests_kcount', times: THOUSAND }],
  ocr_cost_per_page: [{ unit: 'input_document_kpages', times: THOUSAND }],
  file_search_cost_per_1k_calls: [{ unit: 'storage_searches_kcount', times: 1n }],
}

/** Searches by the size of what they put into the context; `medium` is what providers take when none is named. */
export const SEARCH_KEY = 'search_context_cost_per_query'
export const SEARCH_SIZES = [
  'search_context_size_medium',
  'search_context_size_low',
  'search_context_size_high',
] as const

/** Price fields of what no usage record counts: they are passed over, and named as a note. */
export const UNCOUNTED_KEYS: readonly RegExp[] = [
  /_per_pixel/,
  /_dbu_cost_per_token$/,
  /_per_second/,
  /_per_session$/,
  /_per_gb_per_day$/,
  /_per_credit$/,
  /^annotation_cost_per_page$/,
  /^citation_cost_per_token$/,
  /^computer_use_/,
  /^cache_creation_input_audio_token_cost/,
  /^regional_.*_uplift_multiplier/,
]

/** Whether a field looks like a price. */
export const LOOKS_LIKE_PRICE = /cost|price|pricing/
