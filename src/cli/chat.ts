/**
 * `mos-hub chat`: the terminal face of the console. One message and its turn with `--once`, a conversation on a terminal otherwise;
 * what is piped in is one message.
 */
import { type Clock, foregroundClock } from "../clock.ts";
import { type HubClient, openHubClient } from "./hub-client.ts";
import { readAll } from "./read-all.ts";

export interface ChatOptions {
  /** Say this, print the turn, leave. */
  readonly once?: string | undefined;
  /** Id of the thread; one that is not there yet comes to be. Default: the main one. */
  readonly thread?: string | undefined;
  /** With `once`: one JSON object a line, the last is `turn_end`, or `late`. */
  readonly json?: boolean | undefined;
  /** With `once`: how long to wait for the end of the turn. Default 600 s. */
  readonly timeoutMs?: number | undefined;
  /** The configured name of the console's account. Default `console`. */
  readonly account?: string | undefined;
  /** Our commands in a text, as they are typed here. Default: as they are. */
  readonly typed?: ((text: string) => string) | undefined;
  /** Ends a conversation from outside and gives the terminal back. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChatIo {
  readonly client: HubClient;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WritableStream;
  /** Both ends are a terminal. */
  readonly isTty: boolean;
  /** Colours are wanted: a terminal, and no NO_COLOR in the environment. */
  readonly colour: boolean;
  /** Width of what is not a terminal. Default 80. */
  readonly columns?: number | undefined;
  readonly clock: Clock;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** The exit code: 0 done or stopped, 1 failed, 75 not ended in time, 77 refused. Rejects with a HubError when there is no hub to begin with. */
export async function runChat(options: ChatOptions, io: ChatIo): Promise<number> {
  const base = `/connectors/${encodeURIComponent(options.account ?? "console")}`;
  const shared = { client: io.client, base, thread: options.thread, clock: io.clock };
  const { typed = (text: string) => text } = options;
  // What draws reads Markdown, whose parser takes memory a hub without a terminal needs not keep.
  if (options.once === undefined && io.isTty) {
    const { chatInteractively } = await import("./chat/interactive.ts");
    return chatInteractively({ ...shared, stdin: io.stdin, stdout: io.stdout, colour: io.colour, signal: options.signal, typed });
  }
  const { chatOnce } = await import("./chat/once.ts");
  return chatOnce({
    ...shared,
    text: options.once ?? (await readAll(io.stdin, "there is nothing to say: give --once TEXT, or pipe the text in")),
    json: options.json ?? false,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    typed,
    isDrawn: io.stdout.isTTY === true,
    columns: io.stdout.columns ?? io.columns ?? 80,
    print: (text) => void io.stdout.write(text),
    complain: (text) => void io.stderr.write(`${text}\n`),
  });
}

/** The command, with the streams of this process. `colour`: as the environment wants it. */
export function chat(options: ChatOptions & { readonly dataDir: string; readonly colour: boolean }): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const isTty = stdin.isTTY === true && stdout.isTTY === true;
  const client = openHubClient({ dataDir: options.dataDir, clock: foregroundClock });
  return runChat(options, { client, stdin, stdout, stderr, isTty, colour: options.colour && isTty, clock: foregroundClock });
}
