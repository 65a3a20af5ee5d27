/** `mos-hub audit`: the append-only log of who asked, decided and changed what. Works on a stopped hub's folder, too. */
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { parse } from "../api/problem.ts";
import { auditExportQuery, auditQuery } from "../api/shapes.ts";
import { exportedLines, importedRows, writeHead, writtenHead } from "../audit/export.ts";
import { headOfLog, verifyAudit, verifyPages } from "../audit/verify.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";
import { withStore } from "./read-store.ts";
import type { Store } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { neutralise } from "./chat/text-cells.ts";

export const addAudit: AddCommand = (program, act) => {
  const audit = program.command("audit").description("the append-only log of what was asked and decided");
  addVerify(audit, act);
  addExport(audit, act);
  audit
    .command("list", { isDefault: true })
    .description("the latest entries")
    .option("--limit <n>", "how many", "50")
    .action(
      act(async (context, { limit }: { limit: string }) => {
        const { limit: most } = parse({ limit }, auditQuery);
        const entries = await withStore(context, async (store) =>
          Promise.all((await store.find("audit", { newestFirst: true, limit: most })).map((row) => entryOf(row, store))),
        );
        context.print({ type: "audit", entries }, () => entries.map(line).join("\n") || "The log is empty.");
        return 0;
      }),
    );
};

const addVerify: AddCommand = (audit, act) => {
  audit
    .command("verify [file]")
    .description("check that no entry was changed, removed or reordered, here or in an exported file")
    .option("--head <number:hash>", "a head that was kept elsewhere: its entry must be there")
    .option("--after <number:hash>", "the head of the export before: the file goes on from there")
    .action(
      act(async (context, file: string | undefined, options: { head?: string; after?: string }) => {
        const { head, after } = parse(options, heads);
        if (head && after && head.number < after.number) throw new HubError("bad_request", { problems: "--head is older than --after" });
        const verdict =
          file === undefined
            ? await withStore(context, (store) => verifyAudit(store, { head, after }))
            : await verifyPages(importedRows(createReadStream(file)), { head, after });
        context.print({ type: "audit", ...verdict }, () =>
          verdict.ok ? `The log is whole: ${verdict.entries} entries.` : `The log is broken at ${verdict.at}: ${verdict.why}.`,
        );
        return verdict.ok ? 0 : 65;
      }),
    );
};

const heads = z.object({ head: writtenHead.optional(), after: writtenHead.optional() });

const addExport: AddCommand = (audit, act) => {
  audit
    .command("export")
    .description("the log as JSON Lines: whole entries with their hashes, the oldest first")
    .option("--since <number>", "only entries after this one", "0")
    .option("--to <file>", "a new file, instead of standard output")
    .action(
      act(async (context, options: { since: string; to?: string }) => {
        const { since } = parse(options, auditExportQuery);
        // For its owner only; a file that is there is never written over.
        const target = options.to === undefined ? process.stdout : createWriteStream(options.to, { flags: "wx", mode: 0o600, flush: true });
        await withStore(context, (store) => pipeline(exportedLines(store, since), target, { end: options.to !== undefined }));
        return 0;
      }),
    );
  audit
    .command("head")
    .description("number and hash of the last entry: kept elsewhere, it shows when the end of the log is cut off")
    .action(
      act(async (context) => {
        const head = await withStore(context, headOfLog);
        context.print({ type: "audit", ...head }, () => writeHead(head));
        return 0;
      }),
    );
};

/** `who` and `about`: what people call them, where the database still knows. */
async function entryOf({ id, createdAt: at, actorId: actor, what, subject, facts }: Row<"audit">, store: Store) {
  const [decider, request, person] = await Promise.all([
    store.get("people", typeof facts["by"] === "string" ? facts["by"] : actor),
    store.get("approvals", subject),
    store.get("people", subject),
  ]);
  const title = request && ("title" in request.ask ? request.ask.title : request.ask.text);
  const { app, environment, state } = facts;
  const named = facts["title"] ?? facts["name"] ?? (app && `${app} (${environment}): ${state}`);
  const about = request ? `${request.code} ${title}` : (person?.name ?? (typeof named === "string" ? named : subject));
  return { id, at, actor, who: decider?.name ?? actor, what, subject, about, facts };
}

function line({ at, who, what, about }: Awaited<ReturnType<typeof entryOf>>): string {
  return neutralise(`${new Date(at).toISOString().slice(0, 19).replace("T", " ")}  ${what}  ${about}  (${who})`).replaceAll("\n", " ");
}
