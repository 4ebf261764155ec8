export { addToSum, createSum, mergeSums, retractSum, SUM_WIDTH, sumOf } from './compensated-sum.ts'
export type { Moments, SpreadOf } from './moments.ts'
export {
  addToMoments,
  createMoments,
  mergeMoments,
  standardDeviationOf,
  varianceOf,
} from './moments.ts'
export type { QuantileSketchState } from './quantile-sketch.ts'
export { EXACT_VALUES, QuantileSketch } from './quantile-sketch.ts'
export type { Interval, LineFit } from './regression.ts'
export { fitLine, slopeInterval } from './regression.ts'
export {
  binOf,
  nearestRankIndex,
  quantileFromBins,
  SKETCH_BIN_OFFSET,
  SKETCH_GAMMA,
  SKETCH_MAX_BIN,
  SKETCH_NAN_BIN,
  SKETCH_RELATIVE_ERROR,
  valueOf,
} from './sketch-bins.ts'
export { incompleteBeta, logGamma } from './special.ts'
export { studentTCdf, studentTQuantile } from './student-t.ts'
