/** How much is logged, from most to nothing. Apart from the logger, so that the configuration can name levels without loading it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
