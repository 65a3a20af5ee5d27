/** Agents that speak ACP, and the command their own documents name. The table of README.md is the same, and docs/orchestrators.md has a recipe for each; a test holds them together. */
export interface KnownAgent {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export const KNOWN_AGENTS: readonly KnownAgent[] = [
  { name: "Claude Code", command: ["claude-agent-acp"] },
  { name: "Codex", command: ["codex-acp"] },
  { name: "Gemini CLI", command: ["gemini", "--acp"] },
  { name: "OpenCode", command: ["opencode", "acp"] },
  { name: "Goose", command: ["goose", "acp"] },
  { name: "Hermes", command: ["hermes", "acp"] },
  { name: "OpenClaw", command: ["openclaw", "acp"] },
  { name: "pi", command: ["pi-acp"] },
];
