/** `mos-hub audit`: the append-only log of who asked, decided and changed what. Works on a stopped hub's folder, too. */
import { parse } from "../api/problem.ts";
import { auditQuery } from "../api/shapes.ts";
import { verifyAudit } from "../audit/verify.ts";
import { openStore } from "../store/open.ts";
import type { AddCommand, CommandContext } from "./command.ts";
import type { Store } from "../contract/store.ts";
import type { Row } from "../contract/tables.ts";
import { neutralise } from "./chat/text-cells.ts";

export const addAudit: AddCommand = (program, act) => {
  const audit = program.command("audit").description("the append-only log of what was asked and decided");
  audit
    .command("verify")
    .description("check that no entry was changed, removed or reordered")
    .action(
      act(async (context) => {
        const verdict = await withStore(context, verifyAudit);
        context.print({ type: "audit", ...verdict }, () =>
          verdict.ok ? `The log is whole: ${verdict.entries} entries.` : `The log is broken at ${verdict.at}: ${verdict.why}.`,
        );
        return verdict.ok ? 0 : 65;
      }),
    );
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

/** Reads the database itself, so that nothing the hub says has to be believed. */
async function withStore<T>(context: CommandContext, look: (store: Store) => Promise<T>): Promise<T> {
  const { databaseUrl } = await context.config();
  const store = await openStore({ url: databaseUrl, dataDir: await context.dataDir(), readOnly: true });
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}
