/** What an agent may ask of the hub's machine, as the configuration allows it: files of its workspace, and commands. Off unless configured. */
import { methods } from "@agentclientprotocol/sdk/unstable";
import type { z } from "zod";
import type { HostRequest } from "./connection.ts";
import { readText, writeText } from "./host-files.ts";
import type { Reach } from "./reach.ts";
import { readRequest, writeRequest } from "./wire.ts";

export function hostRequests({ setup: { can }, workspace }: Reach): HostRequest[] {
  if (workspace === undefined) return [];
  return [
    ...(can.fs === "off" ? [] : [hostRequest(methods.client.fs.readTextFile, readRequest, (asked) => readText(workspace, asked))]),
    ...(can.fs === "write" ? [hostRequest(methods.client.fs.writeTextFile, writeRequest, (asked) => writeText(workspace, asked))] : []),
  ];
}

function hostRequest<T extends z.ZodType>(method: string, params: T, run: (asked: z.infer<T>) => Promise<object>): HostRequest {
  return { method, params, run: async (asked) => run(params.parse(asked)) };
}
