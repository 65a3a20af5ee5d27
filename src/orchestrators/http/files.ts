/**
 * Files of conversations, both ways: those that people sent, by the names under which the orchestrator fetches them, and those it sends itself.
 * What is in them is kept by the hub. Invariant: a file has its name here, on disk, before the orchestrator hears of it.
 */
import type { Keyv } from "keyv";
import type { Files } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import type { Attachment } from "../../contract/message.ts";
import type { FetchedFile, OfferedFile, SentFile } from "../../contract/orchestrator-door.ts";
import { hash } from "./decode-event.ts";
import type { Records } from "./record.ts";

/** After this time the orchestrator may no longer fetch it. */
export const FETCHED_WITHIN_MS = 30 * 86_400_000;

export interface SessionFiles {
  /** The same turn again gives the same ids, and begins their time anew. */
  offer(turnId: string, attachments: readonly Attachment[]): Promise<OfferedFile[]>;
  /** See `OrchestratorDoor.file`. */
  open(id: string): Promise<FetchedFile>;
  /** Rejects with `not_found` for a session that is none of its own, before anything is read. */
  keep(sent: SentFile): Promise<Attachment>;
}

export interface SessionFilesParts {
  readonly state: Keyv;
  readonly records: Pick<Records, "get">;
  readonly files: Files;
}

export function createSessionFiles({ state, records, files }: SessionFilesParts): SessionFiles {
  const keyOf = (id: string): string => `file/${id}`;

  return {
    async offer(turnId, attachments) {
      const named = attachments.map((file, at) => ({ id: `fil_${hash(`${turnId}/${at}`)}`, file }));
      if (named.length > 0) await state.setMany(named.map(({ id, file }) => ({ key: keyOf(id), value: file, ttl: FETCHED_WITHIN_MS })));
      return named.map(({ id, file }) => ({ id, name: file.name, mime_type: file.mimeType, size_bytes: file.sizeBytes }));
    },
    async open(id) {
      const file = await state.get<Attachment>(keyOf(id));
      if (!file) throw new HubError("not_found", { what: "file", id });
      return { name: file.name, sizeBytes: file.sizeBytes, content: await files.open(file) };
    },
    async keep({ session, name, mimeType, content }) {
      if (!(await records.get(session))) throw new HubError("not_found", { what: "session", id: session });
      const file = await files.keep(content, { name, mimeType });
      if (file.sizeBytes === 0) throw new HubError("bad_request", { problems: "the body is empty: it holds no file" });
      return file;
    },
  };
}
