/** The forms of the page as a browser sends them: pure. */
import { createHash } from "node:crypto";
import { HubError } from "../../../src/contract/errors.ts";
import type { ShownFile } from "../entry.ts";

export interface SentMessage {
  readonly thread: string | undefined;
  readonly text: string;
  /** The same again when the same page sends the same text and files again; others from a page that was gone back to are another message. */
  readonly formId: string;
}

/** Throws `bad_request`. */
export function messageForm(form: FormData, files: readonly Pick<ShownFile, "name" | "sizeBytes">[]): SentMessage {
  const text = (field(form, "text") ?? "").replaceAll("\r\n", "\n");
  const hash = createHash("sha256")
    .update(JSON.stringify([field(form, "form") ?? "", text, files.map(({ name, sizeBytes }) => [name, sizeBytes])]))
    .digest("base64url");
  if ([...form.values()].some((value) => typeof value !== "string" && value.size > 0))
    throw new HubError("bad_request", { problems: "files cannot be taken here" });
  return { thread: field(form, "thread"), text, formId: `form-${hash}` };
}

export interface Pressed {
  readonly subject: string | undefined;
  readonly choice: string | undefined;
  readonly thread: string | undefined;
  /** The id of the message whose card it was. */
  readonly at: string | undefined;
  /** The fields named `value.…`, without those left empty. */
  readonly values?: Readonly<Record<string, string>>;
}

export function actionForm(form: FormData): Pressed {
  const values = Object.fromEntries(
    [...form].flatMap(([name, value]) =>
      name.startsWith("value.") && typeof value === "string" && value !== "" ? [[name.slice(6), value]] : [],
    ),
  );
  const pressed = { subject: field(form, "subject"), choice: field(form, "choice"), thread: field(form, "thread"), at: field(form, "at") };
  return { ...pressed, values };
}

function field(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === "string" ? value : undefined;
}
