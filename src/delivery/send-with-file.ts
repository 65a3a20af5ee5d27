/** Sends the part that carries a text as a file: the file is kept first, so that it is whole when the platform asks for it. */
import { Readable } from "node:stream";
import type { Connector, Files } from "../contract/connector.ts";
import { asHubError } from "../contract/errors.ts";
import type { OutboundMessage, SendResult } from "../contract/message.ts";
import type { TextFile } from "./parts.ts";

export interface FilePart {
  readonly part: OutboundMessage;
  readonly file: TextFile;
}

/** A file that could not be kept is a message that was not sent. */
export async function sendWithFile({ part, file }: FilePart, connector: Connector, keepFile: Files["keep"]): Promise<SendResult> {
  let kept;
  try {
    kept = await keepFile(Readable.from([Buffer.from(file.text)]), file);
  } catch (thrown) {
    return { delivered: false, outcome: "not_sent", error: asHubError(thrown).message, verdict: { do: "retry" } };
  }
  return connector.send({ ...part, attachments: [...(part.attachments ?? []), kept] });
}
