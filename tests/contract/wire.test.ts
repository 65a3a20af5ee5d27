/** The kit on two opposite platforms over real connections: one that can do everything, one that can do next to nothing. */
import { connectorSuite } from "../support/connector-suite.ts";
import hookHarness from "../support/harnesses/hook.ts";
import lineHarness from "../support/harnesses/line.ts";
import hook from "../support/wire/hook/connector.ts";
import line from "../support/wire/line/connector.ts";

connectorSuite(hook, hookHarness);
connectorSuite(line, lineHarness);
