/**
 * The connectors of this hub: one line per kind.
 * `init`, `doctor`, `.env.example` and the conformance suite loop over this table; nothing else lists connectors.
 */
import type { ConnectorDefinition } from "../src/contract/connector.ts";
import type { Registry } from "../src/registry.ts";

interface ConnectorLine {
  readonly kind: string;
  /** Imports the definition, and with it no SDK. */
  readonly load: () => Promise<{ readonly default: ConnectorDefinition }>;
}

export const CONNECTORS = [
  { kind: "console", load: () => import("./console/definition.ts") },
  { kind: "discord", load: () => import("./discord/definition.ts") },
  { kind: "matrix", load: () => import("./matrix/definition.ts") },
  { kind: "slack", load: () => import("./slack/definition.ts") },
  { kind: "telegram", load: () => import("./telegram/definition.ts") },
  { kind: "tmux", load: () => import("./tmux/definition.ts") },
] as const satisfies readonly ConnectorLine[];

export type KnownConnectorKind = (typeof CONNECTORS)[number]["kind"];

export const KNOWN_CONNECTOR_KINDS: readonly KnownConnectorKind[] = CONNECTORS.map(({ kind }) => kind);

/** How a configuration that names no kind is read: none at all, and a fleet's roster without a `connector` block. */
export const KIND_DEFAULTS = { defaultKind: "console", rosterKind: "tmux" } as const satisfies Record<string, KnownConnectorKind>;

/** The definitions of all kinds, or of those among `kinds`, in the order of the table. What is not asked for is not loaded. */
export async function loadDefinitions(kinds: readonly string[] = KNOWN_CONNECTOR_KINDS): Promise<ConnectorDefinition[]> {
  const lines: readonly ConnectorLine[] = CONNECTORS;
  const modules = await Promise.all(lines.flatMap(({ kind, load }) => (kinds.includes(kind) ? [load()] : [])));
  return modules.map((module) => module.default);
}

export async function registerAll(registry: Registry, kinds?: readonly string[]): Promise<void> {
  for (const { kind, factory } of await loadDefinitions(kinds)) registry.registerConnector(kind, factory);
}
