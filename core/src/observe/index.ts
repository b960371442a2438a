export { stateReporter } from "./bridge-state.ts";
export type { BoxState, StateReporter } from "./bridge-state.ts";
export { checkpointReporter } from "./checkpoints.ts";
export { createLog } from "./log.ts";
export type { BoxLog, LogLevel, LogOptions } from "./log.ts";
export { metricsOf } from "./metrics.ts";
export type { Metrics, MetricsSources, News } from "./metrics.ts";
export { safeData, tame } from "./redact.ts";
