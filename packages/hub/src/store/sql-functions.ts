/**
 * Functions that SQL of people may call. What is not here is refused: table functions that read files,
 * the catalogue or settings, functions with side effects, and those that make much from little.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const ARITHMETIC = words(`
  + - * / // % ^ ** & | << >> ~ @ || ~~ !~~ ~~* !~~* ~~~ ->> ^@ && @> <@
  abs acos acosh asin asinh atan atan2 atanh cbrt ceil ceiling cos cosh cot degrees divide even exp
  factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor isfinite isinf isnan lcm least
  least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow power radians random
  round round_even roundbankers sign signbit sin sinh sqrt subtract add tan tanh trunc xor bit_count
  hash`)

const TEXT = words(`
  ascii char_length character_length chr concat concat_ws contains ends_with format format_bytes
  formatreadablesize formatreadabledecimalsize hex ilike_escape instr lcase left left_grapheme length
  length_grapheme like_escape lower lpad ltrim md5 nfc_normalize not_ilike_escape not_like_escape
  octet_length ord parse_filename parse_path position prefix printf regexp_escape regexp_extract
  regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array repeat
  replace reverse right right_grapheme rpad rtrim sha1 sha256 split split_part starts_with str_split
  str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos substr
  substring substring_grapheme suffix translate trim ucase unicode unhex upper url_decode url_encode
  base64 to_base64 from_base64 bit_length`)

const TIME = words(`
  age ago century current_date current_localtime current_localtimestamp date_add date_diff date_part
  date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear
  days_in_month decade epoch epoch_ms epoch_ns epoch_us era get_current_time get_current_timestamp
  hour isodow isoyear julian last_day make_date make_time make_timestamp make_timestamp_ms
  make_timestamptz microsecond millennium millisecond minute month monthname nanosecond
  normalized_interval now quarter second strftime strptime time_bucket timezone timezone_hour
  timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia
  to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
  transaction_timestamp try_strptime week weekday weekofyear year yearweek`)

const NESTED = words(`
  array_agg array_append array_apply array_concat array_contains array_distinct array_extract
  array_filter array_has array_has_all array_has_any array_indexof array_intersect array_length
  array_pop_back array_pop_front array_position array_prepend array_reverse array_slice array_sort
  array_to_string array_transform array_unique array_value array_where array_zip cardinality
  element_at flatten list_any_value list_append list_apply list_avg list_concat list_contains
  list_count list_distinct list_element list_extract list_filter list_first list_has list_has_all
  list_has_any list_indexof list_intersect list_last list_max list_median list_min list_mode list_pack
  list_position list_prepend list_product list_reverse list_reverse_sort list_slice
  list_sort list_stddev_pop list_stddev_samp list_string_agg list_sum list_transform list_unique
  list_value list_var_pop list_var_samp list_where list_zip map map_contains
  map_contains_entry map_contains_value map_entries map_extract map_extract_value map_from_entries
  map_keys map_values len row struct_concat struct_extract struct_extract_at struct_insert
  struct_keys struct_pack struct_values unnest`)

const JSON_FUNCTIONS = words(`
  json json_array json_array_length json_exists json_extract json_extract_path
  json_extract_path_text json_extract_string json_group_array json_group_object json_keys
  json_object json_pretty json_quote json_type json_valid json_value to_json
  array_to_json row_to_json`)

const AGGREGATES = words(`
  any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_min
  arg_min_null argmax argmin avg bit_and bit_or bit_xor bool_and bool_or corr count count_if count_star
  countif covar_pop covar_samp entropy favg first fsum geomean geometric_mean group_concat grouping
  grouping_id histogram kahan_sum kurtosis kurtosis_pop last list listagg mad max max_by mean median
  min min_by mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count
  regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev stddev_pop
  stddev_samp string_agg sum sumkahan var_pop var_samp variance wavg weighted_avg`)

const WINDOWS = words(`
  cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank
  rank_dense row_number`)

const OTHER = words(`
  alias coalesce constant_or_null if ifnull nullif typeof pg_typeof bar switch uuid
  gen_random_uuid columns`)

/** Names in lower case. Operators are functions too. */
export const SQL_FUNCTIONS: ReadonlySet<string> = new Set([
  // The first that is near is what is thought to be meant.
  ...AGGREGATES,
  ...ARITHMETIC,
  ...TEXT,
  ...TIME,
  ...NESTED,
  ...JSON_FUNCTIONS,
  ...WINDOWS,
  ...OTHER,
])

/** Functions that may stand where a table does. They yield row after row and end at the deadline. */
export const SQL_TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'generate_series',
  'range',
  'unnest',
  'json_each',
])

/** What a name means in SQL of people; types that are not here are refused in casts. */
export const SQL_TYPES: ReadonlySet<string> = new Set(
  words(`
  bigint bit blob bool boolean bpchar bytea char date datetime dec decimal double enum float float4 float8
  hugeint int int1 int2 int4 int8 int16 int32 int64 int128 integer interval json list array map
  numeric oid real row short signed smallint string struct text time timestamp timestamp_ms
  timestamp_ns timestamp_s timestamp_us timestamptz timetz tinyint ubigint uhugeint uint8 uint16
  uint32 uint64 uinteger usmallint utinyint uuid varchar long null`),
)

/** An argument that must be a whole number written out, because it says how much is made. */
export interface ArgumentBound {
  readonly argument: number
  readonly max: number
  /** Whether what is made multiplies: the product of all in a statement is bounded too. */
  readonly grows: boolean
}

/** Functions that make as much as an argument says: without the bound `repeat('x', 1e9)` would take a gigabyte. */
export const BOUNDED: Readonly<Record<string, ArgumentBound>> = {
  repeat: { argument: 1, max: 1000, grows: true },
  lpad: { argument: 1, max: 1000, grows: false },
  rpad: { argument: 1, max: 1000, grows: false },
  bar: { argument: 3, max: 1000, grows: false },
  approx_top_k: { argument: 1, max: 500, grows: false },
  max: { argument: 1, max: 1000, grows: false },
  min: { argument: 1, max: 1000, grows: false },
  arg_max: { argument: 2, max: 1000, grows: false },
  arg_min: { argument: 2, max: 1000, grows: false },
  argmax: { argument: 2, max: 1000, grows: false },
  argmin: { argument: 2, max: 1000, grows: false },
  max_by: { argument: 2, max: 1000, grows: false },
  min_by: { argument: 2, max: 1000, grows: false },
}

/**
 * Aggregates that keep much for each group from its first row on: KiB, measured; where an argument says how
 * much, for each that it counts. All groups of a step are begun before a statement can be interrupted.
 */
export const GROUP_STATES: Readonly<
  Record<string, { readonly argument: number | null; readonly kib: number }>
> = {
  approx_quantile: { argument: null, kib: 9 },
  approx_top_k: { argument: 1, kib: 0.5 },
  max: { argument: 1, kib: 0.05 },
  min: { argument: 1, kib: 0.05 },
  arg_max: { argument: 2, kib: 0.05 },
  arg_min: { argument: 2, kib: 0.05 },
  argmax: { argument: 2, kib: 0.05 },
  argmin: { argument: 2, kib: 0.05 },
  max_by: { argument: 2, kib: 0.05 },
  min_by: { argument: 2, kib: 0.05 },
}

/**
 * Functions that may stand over a window: they need little per row, and end soon once they are interrupted.
 * What holds all it has seen would be copied, or gone through again, for each row.
 */
export const OVER: ReadonlySet<string> = new Set([
  ...WINDOWS,
  ...words(`
  any_value arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin avg bit_and bit_or bit_xor
  bool_and bool_or corr count count_if count_star countif covar_pop covar_samp favg first fsum geomean
  geometric_mean kahan_sum kurtosis kurtosis_pop last max max_by mean median min min_by product quantile
  quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
  regr_sxy regr_syy sem skewness stddev stddev_pop stddev_samp sum sumkahan var_pop var_samp variance`),
])

/** Of those, the ones that sort or group what is in a frame: their frames must be the same for every row. */
export const SORTED_OVER: ReadonlySet<string> = new Set(
  words('median quantile quantile_cont quantile_disc'),
)

/**
 * Matching with wildcards, which tries all ways one by one and cannot be interrupted within a text.
 * - `any`: the sign that stands for any text
 * - `one`: that for any character; a pattern without it is matched part by part where `isPlain`
 */
export const WILDCARDS: Readonly<
  Record<string, { readonly any: '%' | '*'; readonly isPlain: boolean }>
> = {
  '~~': { any: '%', isPlain: true },
  '!~~': { any: '%', isPlain: true },
  '~~*': { any: '%', isPlain: false },
  '!~~*': { any: '%', isPlain: false },
  '~~~': { any: '*', isPlain: false },
  like_escape: { any: '%', isPlain: false },
  not_like_escape: { any: '%', isPlain: false },
  ilike_escape: { any: '%', isPlain: false },
  not_ilike_escape: { any: '%', isPlain: false },
}

/** Functions whose text argument is put in many times: it must be a short text written out. */
export const REPLACEMENTS: Readonly<
  Record<string, { readonly argument: number; readonly max: number }>
> = {
  repeat: { argument: 0, max: 64 },
  replace: { argument: 2, max: 64 },
  regexp_replace: { argument: 2, max: 64 },
  array_to_string: { argument: 1, max: 64 },
  list_string_agg: { argument: 1, max: 64 },
  concat_ws: { argument: 0, max: 64 },
}

/** Functions whose result holds all of its arguments: each that is not written out may be a long text. */
export const JOINING: ReadonlySet<string> = new Set(
  words(`
  || concat concat_ws format printf list_value list_pack array_value list_concat array_concat list_append
  array_append list_prepend array_prepend list_zip array_zip struct_pack struct_concat struct_insert row
  map json_array json_object`),
)

/** Aggregates whose result holds a part of every row. */
export const COLLECTING: ReadonlySet<string> = new Set(
  words(
    'string_agg group_concat listagg list array_agg json_group_array json_group_object histogram',
  ),
)

/** Functions whose first argument is a pattern that may ask for any width: it must be written out, without widths above 999. */
export const PATTERNS: ReadonlySet<string> = new Set(['format', 'printf'])
