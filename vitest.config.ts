import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // A process of its own for each file: the suites start hubs and agents, lock folders and listen for signals.
    pool: "forks",
    maxWorkers: 2,
    // For a machine that is busy with something else: what is asserted are conditions, not times.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
