/** Asks for something that must not be seen: nothing typed is shown. Where nobody can be asked it says so. */
import { isCancel, password } from "@clack/prompts";
import { HubError } from "../contract/errors.ts";

export async function askSecret(question: string): Promise<string> {
  if (process.stdin.isTTY !== true)
    throw new HubError("bad_request", {
      problems: "a PIN is needed and there is no terminal to ask on",
    });
  const typed = await password({ message: question });
  if (isCancel(typed)) throw new HubError("bad_request", { problems: "cancelled" });
  return typed;
}
