const PICO = 1_000_000_000_000n

/** Dollars as a decimal string without trailing zeros: 1_500_000_000_000n → "1.5". */
export function dollars(pico: bigint): string {
  const negative = pico < 0n
  const magnitude = negative ? -pico : pico
  const fraction = (magnitude % PICO).toString().padStart(12, '0').replace(/0+$/u, '')
  const text = `${magnitude / PICO}${fraction === '' ? '' : `.${fraction}`}`
  return negative ? `-${text}` : text
}
