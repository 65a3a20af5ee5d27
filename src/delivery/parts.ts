/**
 * How a text leaves in several messages: its parts, or its beginning and the whole as a file where it would need too many. Pure; loads what
 * reads Markdown when a text is too long and not before.
 * Invariant: equal input gives equal parts, so that after a crash their borders are where they were.
 */
import type { Connector } from "../contract/connector.ts";
import { nextRound } from "../clock.ts";
import type { Room } from "./markdown/split-markdown.ts";
import type { OutboundMessage } from "../contract/message.ts";
import { lengthIn, splitText } from "./split.ts";

/** What a connector says about texts. */
export type TextTarget = Pick<Connector, "can" | "limits" | "measure">;

export interface TextParts {
  /** At least one. */
  readonly texts: readonly string[];
  /** The whole text, when it is not all in `texts`; the last of them says that it comes. */
  readonly file?: TextFile | undefined;
}

export interface TextFile {
  readonly name: string;
  readonly mimeType: string;
  readonly text: string;
}

const DEFAULT_PARTS = 5;
const GOES_ON = "(It goes on in answer.md.)";

/** `reserve`: what may be put before each of several parts later; `mentions`: those of the message. */
export async function partsOf(
  text: string,
  connector: TextTarget,
  reserve: string,
  mentions?: OutboundMessage["mentions"],
): Promise<TextParts> {
  const { can, limits } = connector;
  if (!limits) return { texts: [text] };
  const { max, unit } = limits.text;
  const measure = (part: string): number => connector.measure?.(part, mentions) ?? lengthIn(unit, part);
  // A text that is far too long is not measured at all.
  if (text.length <= 4 * max && measure(text) <= max) return { texts: [text] };

  const split = connector.measure === undefined ? splitText : splitInTurns;
  const room = { measure, max: max - measure(reserve), unit };
  const most = limits.parts ?? DEFAULT_PARTS;
  const canAttach = can?.upload === true && Buffer.byteLength(text) <= (limits.uploadBytes ?? Infinity);
  const texts = await split(text, room, canAttach ? most : Infinity);
  if (!canAttach || texts.length <= most) return { texts };
  const [first = ""] = await split(text, { ...room, max: room.max - measure(`\n\n${GOES_ON}`) }, 1);
  return { texts: [`${first}\n\n${GOES_ON}`], file: { name: "answer.md", mimeType: "text/markdown", text } };
}

/** Others have their turn after each piece of the work: a long text must not keep a platform's heartbeat waiting. */
async function splitInTurns(text: string, room: Room, atMost: number): Promise<string[]> {
  const { splitSteps } = await import("./markdown/split-markdown.ts");
  const parts: string[] = [];
  for (const some of splitSteps(text, room)) {
    parts.push(...some);
    if (parts.length > atMost) break;
    await nextRound();
  }
  return parts;
}
