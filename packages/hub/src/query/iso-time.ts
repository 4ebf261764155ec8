/** ISO 8601 in UTC of epoch microseconds, to the millisecond, or to the microsecond where needed. */
export function isoTime(micros: number): string {
  const millis = Math.floor(micros / 1000)
  const text = new Date(millis).toISOString()
  const rest = micros - millis * 1000
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
