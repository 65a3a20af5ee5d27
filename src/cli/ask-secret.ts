/** Asks for something that must not be seen: nothing typed is shown. */
import { HubError } from "../contract/errors.ts";

/** Throws HubError `bad_request` where nobody can be asked; `instead` says what to do then. */
export async function askSecret(question: string, instead = "run this on a terminal"): Promise<string> {
  const what = question.replace(/: $/, "");
  if (process.stdin.isTTY !== true)
    throw new HubError("bad_request", { problems: `${what} is needed, and there is no terminal to ask for it: ${instead}` });
  const { isCancel, password } = await import("@clack/prompts");
  const typed = await password({ message: question });
  if (isCancel(typed)) throw new HubError("bad_request", { problems: "cancelled" });
  return typed;
}
