/**
 * Turns what an agent prints into JSON-RPC messages. Whatever is not one (log lines, banners, lines without end) is counted and
 * dropped here: the SDK would answer each with an error before reading on, and an agent that does not read hangs for good.
 * Invariant: at most one line of `maxLineBytes` is held; reading never stops because of what was printed.
 */
import type { AnyMessage } from "@agentclientprotocol/sdk/unstable";

/** Larger than any sensible message; half of what the SDK itself would take. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Deeper nesting overflows the stack of whatever reads it; no sensible message comes near. */
const MAX_DEPTH = 200;
const NEWLINE = 0x0a;

export interface FilterOptions {
  /** Told of each dropped line, cut to 200 characters. */
  readonly onRubbish: (line: string) => void;
  readonly maxLineBytes?: number;
}

export async function* messagesIn(stdout: AsyncIterable<Uint8Array>, options: FilterOptions): AsyncGenerator<AnyMessage> {
  for await (const line of linesOf(stdout, options.maxLineBytes ?? MAX_LINE_BYTES)) {
    if (line.text.trim() === "") continue;
    const message = line.isWhole ? parseMessage(line.text) : undefined;
    if (message) yield message;
    else options.onRubbish(line.text.slice(0, 200));
  }
}

/** Undefined when the line is no JSON-RPC 2.0 message. */
export function parseMessage(line: string): AnyMessage | undefined {
  try {
    return asMessage(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function asMessage(value: unknown): AnyMessage | undefined {
  return isMessage(value) && isShallow(value, MAX_DEPTH) ? value : undefined;
}

function isMessage(value: unknown): value is AnyMessage {
  if (typeof value !== "object" || value === null || !("jsonrpc" in value) || value.jsonrpc !== "2.0") return false;
  return "method" in value ? typeof value.method === "string" : "id" in value && ("result" in value || "error" in value);
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

interface Line {
  readonly text: string;
  /** False for the head of a line that was longer than allowed. */
  readonly isWhole: boolean;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let isSkipping = false;
  const take = (): string => {
    const text = Buffer.concat(parts).toString("utf8");
    parts = [];
    bytes = 0;
    return text;
  };
  for await (const chunk of chunks) {
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      const piece = chunk.subarray(from, newline === -1 ? chunk.length : newline);
      from += piece.length + 1;
      if (!isSkipping && bytes + piece.length > maxBytes) {
        isSkipping = true;
        parts.push(piece.subarray(0, 200));
        yield { text: take().slice(0, 200), isWhole: false };
      } else if (!isSkipping) {
        parts.push(piece);
        bytes += piece.length;
      }
      if (newline === -1) continue;
      if (!isSkipping) yield { text: take(), isWhole: true };
      isSkipping = false;
    }
  }
  if (bytes > 0) yield { text: take(), isWhole: true };
}
