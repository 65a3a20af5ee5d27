/** What an agent may ask of the hub's machine, as the configuration allows it: files of its workspace, and commands. Off unless configured. */
import { methods } from "@agentclientprotocol/sdk/unstable";
import type { z } from "zod";
import type { HostRequest } from "./connection.ts";
import { readText, writeText } from "./host-files.ts";
import type { CommandRecord } from "./leftovers.ts";
import type { Reach } from "./reach.ts";
import { createTerminals, type Terminals } from "./terminals.ts";
import { readRequest, terminalNamed, terminalRequest, writeRequest } from "./wire.ts";

export interface Host {
  readonly requests: readonly HostRequest[];
  /** With the agent; what it left running ends. */
  end(): void;
}

export function createHost({ setup: { can }, workspace, env, isForbidden }: Reach, record: CommandRecord): Host {
  if (workspace === undefined) return { requests: [], end: () => {} };
  const terminals = createTerminals({ workspace, env, isForbidden, record });
  const { fs, terminal } = methods.client;
  return {
    requests: [
      ...(can.fs === "off" ? [] : [hostRequest(fs.readTextFile, readRequest, (asked) => readText(workspace, asked))]),
      ...(can.fs === "write" ? [hostRequest(fs.writeTextFile, writeRequest, (asked) => writeText(workspace, asked))] : []),
      ...(can.terminal ? [hostRequest(terminal.create, terminalRequest, terminals.create), ...named(terminals)] : []),
    ],
    end: terminals.endAll,
  };
}

function named(terminals: Terminals): HostRequest[] {
  const { output, waitForExit, kill, release } = methods.client.terminal;
  return [
    hostRequest(output, terminalNamed, async ({ sessionId, terminalId }) => terminals.output(sessionId, terminalId)),
    hostRequest(waitForExit, terminalNamed, ({ sessionId, terminalId }) => terminals.waitForExit(sessionId, terminalId)),
    hostRequest(kill, terminalNamed, async ({ sessionId, terminalId }) => terminals.kill(sessionId, terminalId) ?? {}),
    hostRequest(release, terminalNamed, async ({ sessionId, terminalId }) => terminals.release(sessionId, terminalId) ?? {}),
  ];
}

function hostRequest<T extends z.ZodType>(method: string, params: T, run: (asked: z.infer<T>) => Promise<object>): HostRequest {
  return { method, params, run: async (asked) => run(params.parse(asked)) };
}
