/** The audit log over HTTP. Read-only; the whole of it only for admins. */
import { exportedLines } from "../../audit/export.ts";
import { verifyAudit } from "../../audit/verify.ts";
import type { ApiParts } from "../parts.ts";
import { type Route, route, streamRoute } from "../route.ts";
import { auditExportQuery, auditList, auditQuery, auditRow, auditVerdict } from "../shapes.ts";

export function auditRoutes({ journal: { store } }: ApiParts): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/audit",
      summary: "The audit log, the latest first",
      scope: "read",
      query: auditQuery,
      answer: auditList,
      handle: async ({ query: { limit } }) => ({ entries: await store.find("audit", { newestFirst: true, limit }) }),
    }),
    streamRoute({
      method: "get",
      path: "/v1/audit/export",
      summary: "The audit log after the entry `since`, the oldest first: one whole row a line, as `audit verify` takes it",
      scope: "admin",
      query: auditExportQuery,
      event: auditRow,
      mediaType: "application/jsonl",
      stream: async ({ query: { since } }) => ReadableStream.from(bytesOf(exportedLines(store, since))),
    }),
    route({
      method: "get",
      path: "/v1/audit/verify",
      summary: "Whether the audit log is whole",
      scope: "read",
      answer: auditVerdict,
      handle: () => verifyAudit(store),
    }),
  ];
}

async function* bytesOf(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  for await (const text of texts) yield utf8.encode(text);
}
