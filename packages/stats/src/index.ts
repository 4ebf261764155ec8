export {
  addToComoments,
  COMOMENTS_WIDTH,
  correlationOf,
  covarianceOf,
  createComoments,
  mergeComoments,
  regressionOf,
} from './comoments.ts'
export { addToSum, createSum, mergeSums, retractSum, SUM_WIDTH, sumOf } from './compensated-sum.ts'
export {
  addToDecayed,
  createDecayed,
  DECAYED_WIDTH,
  decayedMeanOf,
  decayedVarianceOf,
  mergeDecayed,
  rateOfAlpha,
  rateOfHalfLife,
  rateOfSpan,
  shiftDecayed,
} from './decayed-moments.ts'
export { DISTINCT_RELATIVE_ERROR, DistinctCount, EXACT_DISTINCT } from './distinct-count.ts'
export type {
  ExponentialBuckets,
  ExponentialHistogramOptions,
  ExponentialHistogramState,
} from './exponential-histogram.ts'
export {
  ExponentialHistogram,
  histogramOfSketch,
  sketchOfHistogram,
} from './exponential-histogram.ts'
export { hashNumber, hashText } from './hash.ts'
export {
  addToHigherMoments,
  createHigherMoments,
  excessKurtosisOf,
  HIGHER_MOMENTS_WIDTH,
  mergeHigherMoments,
  skewnessOf,
} from './higher-moments.ts'
export type { HistogramState } from './histogram.ts'
export { binByEdges, checkEdges, Histogram } from './histogram.ts'
export type { SpreadOf } from './moments.ts'
export {
  addToMoments,
  countOf,
  createMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  standardDeviationOf,
  varianceOf,
} from './moments.ts'
export type { QuantileSketchState } from './quantile-sketch.ts'
export { EXACT_VALUES, QuantileSketch, SKETCH_BINS } from './quantile-sketch.ts'
export type { RateOptions, RateState } from './rate-calculator.ts'
export { RateCalculator } from './rate-calculator.ts'
export type { Interval, LineFit } from './regression.ts'
export { fitLine, slopeInterval } from './regression.ts'
export type { ReservoirState } from './reservoir.ts'
export { Reservoir } from './reservoir.ts'
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
export type { SlidingWindowOptions, SlidingWindowState } from './sliding-window.ts'
export { SlidingWindow } from './sliding-window.ts'
export { incompleteBeta, logGamma } from './special.ts'
export { studentTCdf, studentTQuantile } from './student-t.ts'
export type { Frequent, TopKState } from './top-k.ts'
export { TopK } from './top-k.ts'
export type { ZScore, ZScoreOptions, ZScoreState } from './z-score-detector.ts'
export { ZScoreDetector } from './z-score-detector.ts'
