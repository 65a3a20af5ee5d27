/**
 * Kinds and the factories that make their connectors. An instance, filled in main.ts; knows no platform by name.
 * Invariant: the configuration reaches the factory unchanged, and a connector never comes from a kind nobody registered.
 */
import { mkdtempSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyv } from "keyv";
import { contentOf, createBlobs } from "./blobs/blobs.ts";
import { systemClock } from "./clock.ts";
import type {
  AccountSecrets,
  Connector,
  ConnectorContext,
  ConnectorFactory,
  Files,
  MessageHandler,
  Unsubscribe,
} from "./contract/connector.ts";
import { ConnectorNotImplementedError, HubError } from "./contract/errors.ts";
import { counted } from "./contract/counted.ts";

/** The default of `limits.file_bytes`. */
const STANDALONE_FILE_BYTES = 32 * 1024 * 1024;

export interface RegistryOptions {
  /** Every kind there is a name for, implemented or not. */
  readonly known: readonly string[];
  /** The kind of a program with no configuration at all. */
  readonly defaultKind: string;
  /** The kind of a fleet's roster that has no `connector` block. */
  readonly rosterKind: string;
  /** For connectors made without a context. Default: none. */
  readonly secrets?: AccountSecrets;
}

export interface Registry {
  /** May be called again for the same kind; the last one wins. */
  registerConnector(kind: string, factory: ConnectorFactory): void;
  hasConnector(kind: string): boolean;
  /**
   * Makes the connector `config` asks for. Without a context it gets one whose state lives in memory and whose log is silent, and starts with its
   * first subscriber: a program without a hub need not know more than `send`, `subscribe` and `health`, which tells what went wrong.
   * Throws ConnectorNotImplementedError for an unregistered kind, and whatever the factory throws for a configuration it refuses.
   */
  createConnector(config?: unknown, context?: ConnectorContext): Connector;
  /** `config` is nothing, one account's block, or a fleet's roster. Throws `config_invalid` when it names no kind. */
  resolveConnectorKind(config?: unknown): string;
  isKnownConnectorKind(value: unknown): value is string;
}

export function createRegistry({ known, defaultKind, rosterKind, secrets = NO_SECRETS }: RegistryOptions): Registry {
  const factories = new Map<string, ConnectorFactory>();

  function resolveConnectorKind(config?: unknown): string {
    if (config === undefined || config === null) return defaultKind;
    if (!isRecord(config)) throw noKind("", "it must be an object");
    if (config["kind"] !== undefined) return kindOf(config, "kind");
    if (config["connector"] !== undefined) return kindOf(config["connector"], "connector.kind");
    if ("agents" in config || "version" in config) return rosterKind;
    throw noKind("kind", "a connector's configuration names its kind");
  }

  return {
    registerConnector: (kind, factory) => void factories.set(kind, factory),
    hasConnector: (kind) => factories.has(kind),
    resolveConnectorKind,
    isKnownConnectorKind: (value): value is string => typeof value === "string" && known.includes(value),

    createConnector(config, context) {
      const kind = resolveConnectorKind(config);
      const factory = factories.get(kind);
      if (factory === undefined) throw new ConnectorNotImplementedError(kind, [...factories.keys()]);
      return context ? factory(config, context) : startedBySubscribing(factory(config, standaloneContext(kind, secrets)));
    },
  };
}

const NO_SECRETS: AccountSecrets = { get: () => undefined };

/** Once, also when its program calls `start` as well; again after a start that failed. */
function startedBySubscribing(connector: Connector): Connector {
  const [start, subscribe] = [connector.start?.bind(connector), connector.subscribe.bind(connector)];
  if (start === undefined) return connector;
  let started: Promise<void> | undefined;
  const startOnce = (): Promise<void> =>
    (started ??= start().catch((thrown: unknown) => {
      started = undefined;
      throw thrown;
    }));
  return Object.assign(connector, {
    start: startOnce,
    subscribe(handler: MessageHandler): Unsubscribe {
      const leave = subscribe(handler);
      startOnce().catch(() => {});
      return leave;
    },
  });
}

/** For a program that uses a connector without a hub: nothing survives its process. */
function standaloneContext(account: string, secrets: AccountSecrets): ConnectorContext {
  const silent = (): void => {};
  return {
    account,
    state: new Keyv(),
    now: systemClock.now,
    setTimer: systemClock.setTimer,
    log: { info: silent, warn: silent, error: silent },
    files: standaloneFiles(),
    secrets,
    isBound: async () => false,
    caughtUp: silent,
  };
}

/** What is kept lies in a temporary folder of its own; what is sent is the program's own files, wherever they are. */
function standaloneFiles(): Files {
  let kept: Files | undefined;
  return {
    maxBytes: STANDALONE_FILE_BYTES,
    keep(content, about) {
      kept ??= createBlobs({ dir: mkdtempSync(join(tmpdir(), "mos-hub-files-")), maxBytes: STANDALONE_FILE_BYTES });
      return kept.keep(content, about);
    },
    async open({ path, name }) {
      const file = await open(path).catch((cause: unknown) => {
        throw new HubError("not_found", { what: "file", id: name }, { cause });
      });
      return contentOf(file);
    },
  };
}

function kindOf(block: unknown, path: string): string {
  const kind = isRecord(block) ? block["kind"] : undefined;
  if (typeof kind !== "string" || kind === "") throw noKind(path, "it must be the name of a connector");
  return kind;
}

function noKind(path: string, problem: string): HubError {
  return new HubError("config_invalid", { count: counted(1, "problem"), problems: `  - ${path || "configuration"}: ${problem}` });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
