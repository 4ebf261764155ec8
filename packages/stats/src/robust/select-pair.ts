/**
 * The least double t within [low, high] with count(t) ≥ k, where count never falls: by halving, until the two ends are
 * neighbours. So the k-th least of n² numbers that rows of a sorted table hold is found exactly, without making them.
 * About 60 counts; some hundreds where the answer is near 0 within a wide range.
 */
export function selectByCounting(
  count: (t: number) => number,
  k: number,
  low: number,
  high: number,
): number {
  if (count(low) >= k) return low
  let [below, at] = [low, high]
  for (;;) {
    const middle = below / 2 + at / 2
    if (middle <= below || middle >= at) return at
    if (count(middle) >= k) at = middle
    else below = middle
  }
}
