/**
 * The fleet's terminal as a connector: the chat of the console, under a kind and in an account of its own, in a window on the fleet's
 * socket. The window is `mos-hub chat` and is opened by `mos-hub start`; nothing of the console is written a second time
 * (docs/decisions/0010-the-fleets-terminal-is-the-console-in-a-window.md).
 */
import type { Connector, ConnectorContext } from "../../src/contract/connector.ts";
import { createConsoleConnector } from "../console/connector.ts";
import { parseConfig } from "./config.ts";

/** Throws HubError `config_invalid`. Opens nothing. */
export function createTmuxConnector(config: unknown, context: ConnectorContext): Connector {
  const { keep_entries } = parseConfig(config);
  return { ...createConsoleConnector({ keep_entries }, context), kind: "tmux" };
}
