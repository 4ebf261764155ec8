/**
 * What the counts of a call are called, and how their parts relate, as data.
 *
 * A part is one thing that is counted. An alias is a path in a usage object, `a.b` for `b` inside `a`;
 * of several aliases of a part that are present, the first in the list counts.
 */

export type UsagePart =
  | 'input'
  | 'output'
  | 'total'
  | 'cacheRead'
  | 'cacheWrite'
  | 'cacheWrite5m'
  | 'cacheWrite1h'
  | 'reasoning'
  | 'toolInput'
  | 'inputAudio'
  | 'inputImage'
  | 'inputVideo'
  | 'cacheReadAudio'
  | 'cacheReadImage'
  | 'cacheReadVideo'
  | 'outputAudio'
  | 'outputImage'
  | 'outputVideo'
  | 'webSearches'

/** Aliases of each part, the hub's own name first. */
export const USAGE_ALIASES = {
  input: [
    'input_tokens',
    'prompt_tokens',
    'inputTokens',
    'promptTokens',
    'promptTokenCount',
    'input_token_count',
    'billed_units.input_tokens',
  ],
  output: [
    'output_tokens',
    'completion_tokens',
    'outputTokens',
    'completionTokens',
    'candidatesTokenCount',
    'output_token_count',
    'billed_units.output_tokens',
  ],
  total: ['total_tokens', 'totalTokens', 'totalTokenCount'],
  cacheRead: [
    'cache_read_tokens',
    'cache_read_input_tokens',
    'prompt_tokens_details.cached_tokens',
    'input_tokens_details.cached_tokens',
    'cached_tokens',
    'cached_input_tokens',
    'cached_token_count',
    'prompt_cache_hit_tokens',
    'cachedContentTokenCount',
    'cacheReadInputTokens',
    'cacheReadInputTokenCount',
    'cachedInputTokens',
    'inputTokenDetails.cacheReadTokens',
  ],
  cacheWrite: [
    'cache_write_tokens',
    'cache_creation_input_tokens',
    'prompt_tokens_details.cache_write_tokens',
    'prompt_tokens_details.cache_creation_tokens',
    'input_tokens_details.cache_write_tokens',
    'cache_creation_tokens',
    'cacheWriteInputTokens',
    'cacheWriteInputTokenCount',
    'inputTokenDetails.cacheWriteTokens',
  ],
  cacheWrite5m: ['cache_write_5m_tokens', 'cache_creation.ephemeral_5m_input_tokens'],
  cacheWrite1h: ['cache_write_1h_tokens', 'cache_creation.ephemeral_1h_input_tokens'],
  reasoning: [
    'reasoning_tokens',
    'completion_tokens_details.reasoning_tokens',
    'output_tokens_details.reasoning_tokens',
    'output_tokens_details.thinking_tokens',
    'reasoning_token_count',
    'thoughtsTokenCount',
    'reasoningTokens',
    'outputTokenDetails.reasoningTokens',
  ],
  toolInput: ['toolUsePromptTokenCount'],
  inputAudio: [
    'input_audio_tokens',
    'prompt_tokens_details.audio_tokens',
    'input_tokens_details.audio_tokens',
  ],
  inputImage: [
    'input_image_tokens',
    'prompt_tokens_details.image_tokens',
    'input_tokens_details.image_tokens',
  ],
  inputVideo: ['input_video_tokens', 'prompt_tokens_details.video_tokens'],
  cacheReadAudio: [
    'cache_read_audio_tokens',
    'prompt_tokens_details.cached_tokens_details.audio_tokens',
    'input_tokens_details.cached_tokens_details.audio_tokens',
  ],
  cacheReadImage: [
    'cache_read_image_tokens',
    'input_tokens_details.cached_tokens_details.image_tokens',
  ],
  cacheReadVideo: ['cache_read_video_tokens'],
  outputAudio: [
    'output_audio_tokens',
    'completion_tokens_details.audio_tokens',
    'output_tokens_details.audio_tokens',
  ],
  outputImage: [
    'output_image_tokens',
    'completion_tokens_details.image_tokens',
    'output_tokens_details.image_tokens',
  ],
  outputVideo: ['output_video_tokens'],
  webSearches: ['web_searches', 'web_search_requests', 'server_tool_use.web_search_requests'],
} as const satisfies Readonly<Record<UsagePart, readonly string[]>>

/** What is billed but is not tokens. Durations are whole milliseconds, the others whole numbers. */
export type Quantity =
  | 'inputAudioMs'
  | 'outputAudioMs'
  | 'inputVideoMs'
  | 'outputVideoMs'
  | 'inputImages'
  | 'outputImages'
  | 'inputCharacters'
  | 'outputCharacters'
  | 'inputPages'
  | 'searchUnits'
  | 'fileSearches'
  | 'codeExecutions'

/** Names of a quantity, the hub's own first, as \[path, how many of the quantity one of it is]. */
export const QUANTITY_ALIASES = {
  inputAudioMs: [
    ['input_audio_ms', 1],
    ['input_audio_seconds', 1000],
    ['input_audio_minutes', 60_000],
    ['input_audio_hours', 3_600_000],
    ['audio_seconds', 1000],
    ['prompt_audio_seconds', 1000],
    ['seconds', 1000],
  ],
  outputAudioMs: [
    ['output_audio_ms', 1],
    ['output_audio_seconds', 1000],
    ['output_audio_minutes', 60_000],
    ['output_audio_hours', 3_600_000],
  ],
  inputVideoMs: [
    ['input_video_ms', 1],
    ['input_video_seconds', 1000],
  ],
  outputVideoMs: [
    ['output_video_ms', 1],
    ['output_video_seconds', 1000],
    ['video_seconds', 1000],
  ],
  inputImages: [['input_images', 1]],
  outputImages: [
    ['output_images', 1],
    ['images', 1],
    ['image_count', 1],
    ['billed_units.images', 1],
  ],
  inputCharacters: [
    ['input_characters', 1],
    ['characters', 1],
  ],
  outputCharacters: [['output_characters', 1]],
  inputPages: [
    ['input_pages', 1],
    ['pages', 1],
    ['pages_processed', 1],
  ],
  searchUnits: [
    ['search_units', 1],
    ['billed_units.search_units', 1],
  ],
  fileSearches: [['file_searches', 1]],
  codeExecutions: [['code_executions', 1]],
} as const satisfies Readonly<Record<Quantity, readonly (readonly [path: string, per: number])[]>>

/** Text fields of a usage object that name the service tier, the first that is there counts. */
export const TIER_FIELDS: readonly string[] = ['service_tier', 'serviceTier', 'trafficType']

/** Lists of `{ modality, tokenCount }` as Gemini sends them, and the part each modality belongs to. */
export const MODALITY_LISTS: Readonly<
  Record<string, Readonly<Record<string, UsagePart | undefined>>>
> = {
  promptTokensDetails: {
    AUDIO: 'inputAudio',
    IMAGE: 'inputImage',
    DOCUMENT: 'inputImage',
    VIDEO: 'inputVideo',
  },
  cacheTokensDetails: {
    AUDIO: 'cacheReadAudio',
    IMAGE: 'cacheReadImage',
    DOCUMENT: 'cacheReadImage',
    VIDEO: 'cacheReadVideo',
  },
  candidatesTokensDetails: { AUDIO: 'outputAudio', IMAGE: 'outputImage', VIDEO: 'outputVideo' },
}

/** Whether a total holds its parts: cache reads and writes in input, reasoning in output. */
export type Counting = 'inclusive' | 'exclusive'

/** A way of counting that shows in the names used. */
export interface UsageShape {
  readonly name: string
  /** Top-level keys that give the shape away; one is enough. Empty for the last, which fits anything. */
  readonly keys: readonly string[]
  /** Keys with which it is another shape after all. */
  readonly unless: readonly string[]
  readonly cache: Counting
  readonly reasoning: Counting
  /** Parts this shape reports on another basis than its totals, so that they cannot be used. */
  readonly ignore: readonly UsagePart[]
}

/** The first that fits is taken. */
export const USAGE_SHAPES: readonly UsageShape[] = [
  {
    // Thoughts and tool-use prompts stand beside the totals, cached content is within the prompt.
    name: 'gemini',
    keys: ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'],
    unless: [],
    cache: 'inclusive',
    reasoning: 'exclusive',
    ignore: [],
  },
  {
    // Billed units leave out what was not billed; the cached tokens are counted in another unit.
    name: 'cohere',
    keys: ['billed_units'],
    unless: ['input_tokens', 'prompt_tokens'],
    cache: 'inclusive',
    reasoning: 'inclusive',
    ignore: ['cacheRead', 'total'],
  },
  {
    name: 'bedrock',
    keys: ['cacheReadInputTokens', 'cacheWriteInputTokens', 'cacheReadInputTokenCount'],
    unless: [],
    cache: 'exclusive',
    reasoning: 'inclusive',
    ignore: [],
  },
  {
    // Gateways that speak OpenAI's dialect add the cache to prompt_tokens and keep Anthropic's names.
    name: 'anthropic',
    keys: ['cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation'],
    unless: ['prompt_tokens'],
    cache: 'exclusive',
    reasoning: 'inclusive',
    ignore: [],
  },
  {
    name: 'openai',
    keys: ['prompt_tokens', 'completion_tokens', 'input_tokens_details', 'output_tokens_details'],
    unless: [],
    cache: 'inclusive',
    reasoning: 'inclusive',
    ignore: [],
  },
  {
    name: 'hub',
    keys: [],
    unless: [],
    cache: 'inclusive',
    reasoning: 'inclusive',
    ignore: [],
  },
]

/**
 * How a receiver's source counts the cache when the shape alone would not tell; a receiver that is not
 * listed counts as its shape says. Claude Code's logs use the hub's names but exclude the cache.
 */
export const RECEIVER_COUNTING: Readonly<Record<string, Counting | undefined>> = {
  http: 'inclusive',
  import: 'inclusive',
  litellm: 'inclusive',
  codex: 'inclusive',
  claude_code: 'exclusive',
}
