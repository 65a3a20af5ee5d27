/** What the routes of the hub's port are given. */
import type { Grants } from "../approvals/grants.ts";
import type { Clock } from "../clock.ts";
import type { Connector } from "../contract/connector.ts";
import type { HandlerSettings } from "../contract/handler.ts";
import type { OrchestratorDriver } from "../contract/orchestrator.ts";
import type { Webhook } from "../deploys/webhooks/webhook.ts";
import type { HealthReport } from "../health.ts";
import type { Hub } from "../hub.ts";
import type { Log } from "../log.ts";
import type { Journal } from "../store/journal.ts";
import type { Keyv } from "keyv";
import type { Callers } from "./callers.ts";

export interface ApiParts {
  readonly hub: Hub;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly callers: Callers;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly drivers: ReadonlyMap<string, OrchestratorDriver>;
  readonly settings: HandlerSettings;
  readonly grants: Grants;
  /** The doors through which services report deploys. */
  readonly webhooks: readonly Webhook[];
  readonly health: () => Promise<HealthReport>;
  /** Host names (without port) by which this port may be addressed, beside the loopback ones. */
  readonly hostNames: readonly string[];
  /** Where people reach this port from outside, without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** The largest file that is taken. */
  readonly fileBytes: number;
  /** How much one token may ask for. */
  readonly requestsPerSecond: number;
  /** Agents that understand channels are told what people say. */
  readonly channel: boolean;
  /** The account that has a page for people. */
  readonly home: string | undefined;
  /** Durable state of one part of the API. */
  readonly stateOf: (namespace: string) => Keyv;
}
