export type { AbsenceTest } from './anomaly/absence-test.ts'
export { absenceTest } from './anomaly/absence-test.ts'
export type { Anomaly, AnomalyEvent, AnomalyType } from './anomaly/anomaly.ts'
export { rarityOfSeverity, severityOf } from './anomaly/anomaly.ts'
export type { Chart, CusumOptions, EwmaOptions } from './anomaly/control-charts.ts'
export { cusumChart, cusumRunLength, ewmaChart, ewmaRunLength } from './anomaly/control-charts.ts'
export type { AnomalyReport, DetectOptions } from './anomaly/detect-anomalies.ts'
export { detectAnomalies } from './anomaly/detect-anomalies.ts'
export type { DetectorState } from './anomaly/detector.ts'
export { AnomalyDetector, detector } from './anomaly/detector.ts'
export type {
  AnomalyDirection,
  DetectorMetric,
  DetectorOptions,
} from './anomaly/detector-options.ts'
export type { ExtremeDeviatesOptions, SeasonalDeviatesOptions } from './anomaly/extreme-deviates.ts'
export { extremeDeviates, seasonalDeviates } from './anomaly/extreme-deviates.ts'
export type { FrequencyTest } from './anomaly/frequency-test.ts'
export { frequencyTest } from './anomaly/frequency-test.ts'
export type { IsolationForest, IsolationForestOptions } from './anomaly/isolation-forest.ts'
export { isolationForest, windowsOf } from './anomaly/isolation-forest.ts'
export { OnlineDiscovery } from './anomaly/online-discovery.ts'
export type { OutlierMethod, Outliers } from './anomaly/outliers.ts'
export { findOutliers } from './anomaly/outliers.ts'
export type { PatternResidualOptions } from './anomaly/pattern-residuals.ts'
export { patternResiduals } from './anomaly/pattern-residuals.ts'
export type { ParetoTail } from './anomaly/peaks-over-threshold.ts'
export { fitParetoTail, tailQuantile } from './anomaly/peaks-over-threshold.ts'
export type { RandomCutForestOptions } from './anomaly/random-cut-forest.ts'
export { RandomCutForest } from './anomaly/random-cut-forest.ts'
export type {
  RemainderOutliersOptions,
  SeasonalOutliers,
  SeasonalOutliersOptions,
} from './anomaly/seasonal-outliers.ts'
export { profileOutliers, remainderOutliers } from './anomaly/seasonal-outliers.ts'
export type { SpotOptions, SpotVerdict } from './anomaly/spot.ts'
export { Spot } from './anomaly/spot.ts'
export { autoregression } from './association/autoregression.ts'
export type {
  Correlations,
  CorrelationsOptions,
  NamedSeries,
  SeriesCorrelation,
} from './association/correlations.ts'
export { correlations } from './association/correlations.ts'
export type { CrossCorrelation, LaggedCorrelation } from './association/cross-correlation.ts'
export {
  crossCorrelation,
  effectivePairs,
  whitenedCorrelation,
} from './association/cross-correlation.ts'
export type { WarpingOptions } from './association/dynamic-time-warping.ts'
export { dynamicTimeWarping, warpingLowerBound } from './association/dynamic-time-warping.ts'
export type { GrangerOptions, GrangerTest } from './association/granger.ts'
export { grangerTest } from './association/granger.ts'
export type { PartialCorrelations } from './association/partial-correlation.ts'
export { partialCorrelations } from './association/partial-correlation.ts'
export type {
  ArmSummary,
  Bandit,
  BanditOptions,
  BanditPolicy,
  BanditState,
  BetaPrior,
  Choice,
  NormalPrior,
} from './bandit/bandit.ts'
export { bandit, restoreBandit } from './bandit/bandit.ts'
export type { BestArm } from './bandit/best-arm.ts'
export { probabilitiesOfBest } from './bandit/best-arm.ts'
export type { PooledGroup, PooledMeans, PooledRates } from './bandit/empirical-bayes.ts'
export { poolMeans, poolRates } from './bandit/empirical-bayes.ts'
export type {
  LoggedChoices,
  OffPolicyEstimate,
  OffPolicyOptions,
  OffPolicyWarning,
} from './bandit/off-policy.ts'
export { doublyRobust, inversePropensity, selfNormalisedPropensity } from './bandit/off-policy.ts'
export type {
  AttributedDimension,
  AttributedElement,
  AttributeOptions,
  Dimension,
  DimensionElement,
} from './cause/adtributor.ts'
export { attributeChange } from './cause/adtributor.ts'
export type { MixAndRate, RatioSegment, SegmentEffect } from './cause/mix-and-rate.ts'
export { mixAndRate } from './cause/mix-and-rate.ts'
export type { Onset } from './cause/onset.ts'
export { commonOnset } from './cause/onset.ts'
export type { Metric, RankCausesOptions, RankedCauses, RankedMetric } from './cause/rank-causes.ts'
export { rankCauses } from './cause/rank-causes.ts'
export type { Factor, ProductAttribution } from './cause/shapley.ts'
export { attributeProduct, shapleyValues } from './cause/shapley.ts'
export type { ChangeModel, ChangePointOptions, ChangePoints } from './change/change-points.ts'
export { changePoints } from './change/change-points.ts'
export type { ConjugateModel, RunStatistics } from './change/conjugate-run.ts'
export type { ChangePoint, ChangeType, Segment } from './change/describe-change.ts'
export type { Noise } from './change/noise.ts'
export { noiseOf } from './change/noise.ts'
export type {
  OnlineChange,
  OnlineChangeOptions,
  OnlineChangeState,
  OnlineVerdict,
} from './change/online-change-detector.ts'
export { OnlineChangeDetector } from './change/online-change-detector.ts'
export type { SearchOptions } from './change/search.ts'
export { binarySegmentation, pelt } from './change/search.ts'
export type { SegmentCost } from './change/segment-cost.ts'
export {
  lineCost,
  meanCost,
  meanVarianceCost,
  poissonCost,
  rankCost,
} from './change/segment-cost.ts'
export {
  addToComoments,
  COMOMENTS_WIDTH,
  correlationOf,
  covarianceOf,
  createComoments,
  lineOf,
  mergeComoments,
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
  BoundedMean,
  BoundedMeanOptions,
  BoundedMeanState,
} from './experiment/bounded-mean.ts'
export { boundedMean, restoreBoundedMean } from './experiment/bounded-mean.ts'
export type { Comparison, ComparisonOptions, Equivalence } from './experiment/comparison.ts'
export { compareVariants, equivalenceTest } from './experiment/comparison.ts'
export type { SequenceOptions, SequencePoint } from './experiment/confidence-sequence.ts'
export { differenceSequence, meanSequence, rateSequence } from './experiment/confidence-sequence.ts'
export type { DifferenceOf } from './experiment/difference.ts'
export type { Mixture, MixtureBoundary, MixtureOptions } from './experiment/mixture-boundary.ts'
export { mixtureBoundary, mixturePrecision, stitchedBound } from './experiment/mixture-boundary.ts'
export type { PowerOptions } from './experiment/power.ts'
export {
  powerOfMeans,
  powerOfRates,
  sampleSizeOfMeans,
  sampleSizeOfRates,
} from './experiment/power.ts'
export type { SampleRatio } from './experiment/sample-ratio.ts'
export { sampleRatioMismatch, sequentialSampleRatioMismatch } from './experiment/sample-ratio.ts'
export type {
  SequentialResult,
  SequentialTest,
  SequentialTestOptions,
  SequentialTestState,
  Variant,
} from './experiment/sequential-test.ts'
export { restoreSequentialTest, sequentialTest } from './experiment/sequential-test.ts'
export type { VariantSummary } from './experiment/variant.ts'
export { variantOfMoments, variantOfRate } from './experiment/variant.ts'
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
export {
  cholesky,
  inverseOfCholesky,
  solveCholesky,
  solveLower,
  solveLowerTransposed,
} from './linear/cholesky.ts'
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
export type { GaussianProcess, GaussianProcessOptions } from './search/gaussian-process.ts'
export { gaussianProcess } from './search/gaussian-process.ts'
export type { Hyperparameters } from './search/matern.ts'
export type {
  Finding,
  Optimiser,
  OptimiserOptions,
  OptimiserState,
  PointPrediction,
  SearchMethod,
  Suggestion,
} from './search/optimiser.ts'
export { optimiser, restoreOptimiser } from './search/optimiser.ts'
export type { Direction, Outcome } from './search/outcome.ts'
export { hypervolume, paretoFront } from './search/pareto.ts'
export { SOBOL_DIMENSIONS, sobolPoints } from './search/sobol.ts'
export type { Parameter, ParameterValue, Point, Space } from './search/space.ts'
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
export type { Quadrature } from './special/gauss-legendre.ts'
export { gaussLegendre } from './special/gauss-legendre.ts'
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
