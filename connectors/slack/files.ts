/**
 * Files both ways, streamed: to Slack by its external upload, from Slack behind the bot token. A login page that comes in place of a file is
 * known for what it is. Slack Developer Docs, "Working with files" (2026).
 */
import { z } from "zod";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment } from "../../src/contract/message.ts";
import { ApiError, notSent } from "../shared/api-error.ts";
import { fetchFile, postFile } from "../shared/transfer.ts";
import { type Api } from "./api.ts";
import type { SlackConfig } from "./config.ts";
import type { SlackFile } from "./decode.ts";
import type { Reading } from "./ids.ts";

/** Slack's own bound is said to be 1 GB; this much goes over most lines within the time an answer is waited for. */
export const UPLOAD_BYTES = 100 * 1024 * 1024;
const LOST = { message: "the file did not reach Slack", verdict: undefined };
/** Slack shares files by and by: so often it is asked in which message they stand. */
const MOST_LOOKS = 5;
const LOOK_MS = 400;

const reserved = z.object({ upload_url: z.url(), file_id: z.string() });
const shares = z.record(z.string(), z.array(z.object({ ts: z.string() }))).catch({});
const info = z.object({ file: z.looseObject({ shares: z.object({ public: shares, private: shares }).partial().optional() }) });

export interface SlackFiles {
  /** As one message. Its ts, where Slack tells it in time. */
  share(attachments: readonly Attachment[], at: Reading & { readonly text: string }): Promise<string | undefined>;
  /** Rejects with words for the person who sent it. */
  fetch(file: SlackFile): Promise<Attachment>;
}

type Context = Pick<ConnectorContext, "files" | "setTimer">;

export function createFiles(api: Api, settings: SlackConfig, token: string, context: Context): SlackFiles {
  async function share(
    attachments: readonly Attachment[],
    { channel, thread, text }: Reading & { readonly text: string },
  ): Promise<string | undefined> {
    const files = [];
    for (const one of attachments) files.push({ id: await upload(one), title: one.name });
    await api.call("files.completeUploadExternal", {
      files,
      channel_id: channel,
      ...(thread === undefined ? {} : { thread_ts: thread }),
      ...(text === "" ? {} : { initial_comment: text }),
    });
    return whereIs(files[0]?.id ?? "", channel);
  }

  /** Nobody sees it before it is shared, so what fails here is not sent. */
  async function upload(one: Attachment): Promise<string> {
    if (one.sizeBytes > UPLOAD_BYTES) throw new HubError("file_too_large", { name: one.name, max: `${UPLOAD_BYTES / 1_048_576} MiB` });
    try {
      const { upload_url: url, file_id: id } = reserved.parse(
        await api.call("files.getUploadURLExternal", { filename: one.name, length: one.sizeBytes }),
      );
      const status = await postFile(url, one, context);
      if (status >= 300) throw new ApiError(`Slack did not take the file (${status})`, notSent({ do: status < 500 ? "drop" : "retry" }));
      return id;
    } catch (thrown) {
      if (thrown instanceof HubError) throw thrown;
      const { message, verdict } = thrown instanceof ApiError ? { ...thrown.result, message: thrown.message } : LOST;
      throw new ApiError(message, notSent(verdict ?? { do: "retry" }));
    }
  }

  async function whereIs(id: string, channel: string): Promise<string | undefined> {
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      if (looks > 0) await new Promise<void>((resolve) => void context.setTimer(LOOK_MS, resolve));
      const { data } = info.safeParse(await api.call("files.info", { file: id }).catch(() => undefined));
      const ts = [data?.file.shares?.public, data?.file.shares?.private].flatMap((one) => one?.[channel] ?? []).at(-1)?.ts;
      if (ts !== undefined) return ts;
    }
    return undefined;
  }

  async function take(told: SlackFile): Promise<Attachment> {
    const isBare = told.file_access === "check_file_info" || !told.url_private_download;
    const file = isBare ? ({ ...told, ...((await api.call("files.info", { file: told.id }))["file"] as object) } as SlackFile) : told;
    const { name, mimetype, size, url_private_download: url } = file;
    if (!url || !isSlacks(url)) throw new Error("it does not lie with Slack");
    const about = { name: name ?? told.id, mimeType: mimetype ?? undefined, sizeBytes: size ?? undefined };
    const loginWords = "Slack wants a login for it; the bot token needs the scope files:read";
    return fetchFile(url, { context, headers: { authorization: `Bearer ${token}` }, ...about, loginWords });
  }

  /** The token goes to nobody else. */
  function isSlacks(address: string): boolean {
    const { protocol, hostname, host } = new URL(address);
    return (protocol === "https:" && /(^|\.)slack(-files)?\.com$/.test(hostname)) || host === new URL(settings.api_base).host;
  }

  return { share, fetch: take };
}
