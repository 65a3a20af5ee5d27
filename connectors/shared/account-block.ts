/** A factory is handed what its caller has: nothing, the account's own block, or a whole roster whose `connector` block is meant. */
export function accountBlock(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return config;
  if ("kind" in config || !("connector" in config)) return config;
  return config.connector;
}
