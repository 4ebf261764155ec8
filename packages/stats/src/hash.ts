/**
 * Hashes of 53 bits as whole doubles, for sketches: spread evenly, the same on every machine, and not
 * for security. Two lanes of 32 bits take each unit in by multiply and rotate, and are mixed at the
 * end by the finaliser of MurmurHash3 (Appleby, public domain).
 */

const LANE_A = 0x9e3779b1
const LANE_B = 0x85ebca77
const TEXT_SEED = 0x3c6ef372
const NUMBER_SEED = 0x1b873593

/** Hash of a text, over its UTF-16 code units. */
export function hashText(text: string): number {
  let a = TEXT_SEED
  let b = TEXT_SEED ^ text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, LANE_A)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ unit, LANE_B)
    b = (b << 15) | (b >>> 17)
  }
  return finish(a, b)
}

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

/** Hash of a number; 0 and −0 are the same, and so are all kinds of NaN. */
export function hashNumber(value: number): number {
  double[0] = value + 0
  // Every step can be undone, so that two numbers differ before the last bits are cut off.
  const a = mixed((halves[0] ?? 0) ^ NUMBER_SEED)
  return finish(a, mixed((halves[1] ?? 0) ^ a))
}

function finish(a: number, b: number): number {
  const x = mixed(a ^ mixed(b))
  const y = mixed(b ^ Math.imul(x, LANE_A))
  return (x >>> 0) * 2 ** 21 + (y >>> 11)
}

function mixed(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
