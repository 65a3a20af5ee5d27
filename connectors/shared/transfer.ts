/** Files between the hub's folder and a platform, streamed, with an end to the time they may take. */
import type { ConnectorContext, Files } from "../../src/contract/connector.ts";
import type { Attachment } from "../../src/contract/message.ts";

type Timer = ConnectorContext["setTimer"];
const TRANSFER_MS = 300_000;

async function inTime<T>(setTimer: Timer, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const cancel = setTimer(TRANSFER_MS, () => controller.abort());
  try {
    return await work(controller.signal);
  } finally {
    cancel();
  }
}

/** To an address that authorises by itself; the status of the answer. */
export async function postFile(
  url: string,
  one: Attachment,
  context: { readonly files: Files; readonly setTimer: Timer },
): Promise<number> {
  const headers = { "content-type": "application/octet-stream", "content-length": String(one.sizeBytes) };
  const sending = { method: "POST", body: await context.files.open(one), headers, duplex: "half", redirect: "error" } as const;
  return inTime(context.setTimer, async (signal) => (await fetch(url, { ...sending, signal })).status);
}

export interface Fetching {
  readonly context: { readonly files: Files; readonly setTimer: Timer };
  /** Kept by the platform itself: a redirect to another server does not get it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
  readonly mimeType?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** What a page that asks for a login, in place of the file, says about the account. */
  readonly loginWords: string;
}

/** Rejects with words for the person who sent it. */
export async function fetchFile(url: string, { context, headers, name, mimeType, sizeBytes, loginWords }: Fetching): Promise<Attachment> {
  return inTime(context.setTimer, async (signal) => {
    const response = await fetch(url, { headers, signal });
    if (!response.ok || !response.body) throw new Error(`the platform answers ${response.status}`);
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const isPage = type === "text/html" && (mimeType !== type || String(sizeBytes) !== response.headers.get("content-length"));
    if (isPage) throw new Error(loginWords);
    return context.files.keep(response.body, { name, mimeType: mimeType ?? type });
  });
}
