/** What is piped into a command, whole. */
import { HubError } from "../contract/errors.ts";

/** Rejects with `bad_request` and `otherwise` when it is nothing. */
export async function readAll(stdin: NodeJS.ReadableStream, otherwise: string): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  for await (const chunk of stdin) text += String(chunk);
  if (text.trim() === "") throw new HubError("bad_request", { problems: otherwise });
  return text;
}
