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
export type { SeasonalAdjustment } from './decompose/classical.ts'
export { adjustClassically } from './decompose/classical.ts'
export type { MstlOptions, MultipleDecomposition } from './decompose/mstl.ts'
export { mstl } from './decompose/mstl.ts'
export type { Decomposition, StlOptions } from './decompose/stl.ts'
export { seasonalStrength, stl } from './decompose/stl.ts'
export type { BinOptions } from './density/bin-widths.ts'
export { binValues, freedmanDiaconisBins } from './density/bin-widths.ts'
export type { KernelDensity } from './density/kernel-density.ts'
export { kernelDensity, silvermanBandwidth } from './density/kernel-density.ts'
export { DISTINCT_RELATIVE_ERROR, DistinctCount, EXACT_DISTINCT } from './distinct-count.ts'
export { betaDistribution, fisherF } from './distributions/beta.ts'
export { exponential, generalisedPareto, uniform, weibull } from './distributions/by-hazard.ts'
export { binomial, negativeBinomial, poisson } from './distributions/counts.ts'
export type { Distribution } from './distributions/distribution.ts'
export { chiSquared, gammaDistribution } from './distributions/gamma.ts'
export { logNormal, logNormalCdf, normal, normalCdf } from './distributions/normal.ts'
export { studentT, studentTCdf, studentTQuantile } from './distributions/student-t.ts'
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
export type { ArimaFit, ArimaOptions, ArimaOrder } from './forecast/arima.ts'
export { arima } from './forecast/arima.ts'
export type { AutoArimaOptions } from './forecast/auto-arima.ts'
export { autoArima } from './forecast/auto-arima.ts'
export type { Effect } from './forecast/causes.ts'
export { adaptLevel, conformalQuantile } from './forecast/conformal.ts'
export { croston, isIntermittent } from './forecast/croston.ts'
export { firstDifferences, kpssStatistic, seasonalDifferences } from './forecast/differencing.ts'
export type { Effort } from './forecast/effort.ts'
export { createEffort } from './forecast/effort.ts'
export type { EtsFit, EtsOptions } from './forecast/ets.ts'
export { ets } from './forecast/ets.ts'
export type { EtsForm } from './forecast/ets-recursion.ts'
export type { Fit, Prediction } from './forecast/fit.ts'
export type { Forecast, ForecastInterval, ForecastOptions } from './forecast/forecast.ts'
export { forecast } from './forecast/forecast.ts'
export { naive } from './forecast/naive.ts'
export type { Exhaustion, PathOptions } from './forecast/paths.ts'
export { pathExhaustion, pathTotals } from './forecast/paths.ts'
export type { Season, SeasonalityOptions } from './forecast/seasonality.ts'
export { detectSeasons, isSeasonal } from './forecast/seasonality.ts'
export { dynamicTheta, theta } from './forecast/theta.ts'
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
export type { AnovaResult } from './hypothesis/anova.ts'
export { oneWayAnova } from './hypothesis/anova.ts'
export type { ChiSquaredResult } from './hypothesis/contingency.ts'
export { chiSquaredTest, fisherExact, independenceTest } from './hypothesis/contingency.ts'
export { kendallTest, pearsonTest, spearmanTest } from './hypothesis/correlation-tests.ts'
export { kolmogorovSurvival, ksTest, ksTest2 } from './hypothesis/kolmogorov-smirnov.ts'
export {
  benjaminiHochberg,
  benjaminiYekutieli,
  holm,
  storey,
} from './hypothesis/multiple-testing.ts'
export { mannWhitney, wilcoxonSignedRank } from './hypothesis/rank-tests.ts'
export type { Bootstrap, BootstrapOptions, PermutationOptions } from './hypothesis/resampling.ts'
export { bootstrap, permutationTest } from './hypothesis/resampling.ts'
export type { TTestOptions, TTestResult } from './hypothesis/t-test.ts'
export { pairedTTest, pooledTTest, tTest, welchTest } from './hypothesis/t-test.ts'
export type { Alternative, TestResult } from './hypothesis/test-result.ts'
export type { Cholesky, CholeskyOptions } from './linear/cholesky.ts'
export { cholesky, solveCholesky, solveLower, solveLowerTransposed } from './linear/cholesky.ts'
export type {
  Coefficient,
  Regression,
  RegressionOptions,
  RegressionPrediction,
} from './linear/least-squares.ts'
export { predict, regress } from './linear/least-squares.ts'
export type { Matrix } from './linear/matrix.ts'
export { createMatrix, matrixOfRows, multiplyVector } from './linear/matrix.ts'
export type { Qr, QrOptions } from './linear/qr.ts'
export { applyQ, applyQTransposed, inverseGram, qr, solveLeastSquares } from './linear/qr.ts'
export type { Ridge } from './linear/ridge.ts'
export { ridge } from './linear/ridge.ts'
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
export type { Box, Minimum } from './optimise/box.ts'
export type { Differentiable, LbfgsOptions } from './optimise/lbfgs.ts'
export { lbfgs, withDifferences } from './optimise/lbfgs.ts'
export type { NelderMeadOptions } from './optimise/nelder-mead.ts'
export { nelderMead } from './optimise/nelder-mead.ts'
export type { QuantileSketchState } from './quantile-sketch.ts'
export { EXACT_VALUES, QuantileSketch, SKETCH_BINS } from './quantile-sketch.ts'
export {
  sampleBeta,
  sampleExponential,
  sampleGamma,
  sampleNormal,
  sampleStudentT,
  sampleUniform,
} from './random/continuous.ts'
export { sampleBinomial, sampleNegativeBinomial, samplePoisson } from './random/counts.ts'
export type { Random, RandomSource } from './random/generator.ts'
export { createRandom, restoreRandom } from './random/generator.ts'
export {
  sampleIndex,
  sampleWeighted,
  sampleWithoutReplacement,
  shuffle,
} from './random/sampling.ts'
export type { RateOptions, RateState } from './rate-calculator.ts'
export { RateCalculator } from './rate-calculator.ts'
export type { Interval, LineFit } from './regression.ts'
export { fitLine, slopeInterval } from './regression.ts'
export type { ReservoirState } from './reservoir.ts'
export { Reservoir } from './reservoir.ts'
export { medcouple } from './robust/medcouple.ts'
export type { QuantileType } from './robust/quantile.ts'
export { median, quantile, quantileOfSorted } from './robust/quantile.ts'
export type { Ranks, Ties } from './robust/ranks.ts'
export { rank } from './robust/ranks.ts'
export {
  doubleMad,
  hodgesLehmann,
  interquartileRange,
  MAD_TO_DEVIATION,
  medianAbsoluteDeviation,
  qnScale,
} from './robust/spread.ts'
export { autocorrelations } from './series/autocorrelation.ts'
export type {
  MetricType,
  RegulariseOptions,
  RegularSeries,
  SeriesDiagnostics,
} from './series/regularise.ts'
export { regularise } from './series/regularise.ts'
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
export { erf, erfc, erfcInverse, erfcx, erfInverse } from './special/erf.ts'
export {
  incompleteBeta,
  incompleteBetaInverse,
  logIncompleteBeta,
} from './special/incomplete-beta.ts'
export {
  gammaP,
  gammaPInverse,
  gammaQ,
  gammaQInverse,
  logGammaP,
  logGammaQ,
} from './special/incomplete-gamma.ts'
export { digamma, gamma, logBeta, logChoose, logGamma, trigamma } from './special/log-gamma.ts'
export { normalQuantile } from './special/normal-quantile.ts'
export type { Complex } from './spectral/fft.ts'
export { fft, inverseFft } from './spectral/fft.ts'
export type { Periodogram, PeriodogramOptions } from './spectral/periodogram.ts'
export { periodogram } from './spectral/periodogram.ts'
export type { StatsErrorCode } from './stats-error.ts'
export { StatsError } from './stats-error.ts'
export type { Frequent, TopKState } from './top-k.ts'
export { TopK } from './top-k.ts'
export type { ZScore, ZScoreOptions, ZScoreState } from './z-score-detector.ts'
export { ZScoreDetector } from './z-score-detector.ts'
