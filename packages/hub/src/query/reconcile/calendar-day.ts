/** Names the day of an instant (epoch microseconds) in a zone: `2026-11-20`. The zone is known to exist. */
export function dayNames(zone: string): (micros: number) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return (micros) => {
    const parts = new Map(
      format.formatToParts(new Date(micros / 1000)).map(({ type, value }) => [type, value]),
    )
    return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`
  }
}
