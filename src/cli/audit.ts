/** `mos-hub audit`: the append-only log of who asked, decided and changed what. Works on a stopped hub's folder, too. */
import { verifyAudit } from "../audit/verify.ts";
import { openStore } from "../store/open.ts";
import type { AddCommand, CommandContext } from "./command.ts";
import type { Store } from "../contract/store.ts";

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
    .command("list")
    .description("the latest entries")
    .option("--limit <n>", "how many", "50")
    .action(
      act(async (context, { limit }: { limit: string }) => {
        const rows = await withStore(context, (store) =>
          store.find("audit", { newestFirst: true, limit: Math.max(1, Number(limit) || 50) }),
        );
        const entries = rows.map(({ id, createdAt, actorId, what, subject, facts }) => ({
          id,
          at: createdAt,
          actor: actorId,
          what,
          subject,
          facts,
        }));
        context.print(
          { type: "audit", entries },
          () =>
            entries.map(({ at, actor, what, subject }) => `${new Date(at).toISOString()}  ${actor}  ${what}  ${subject}`).join("\n") ||
            "The log is empty.",
        );
        return 0;
      }),
    );
};

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
