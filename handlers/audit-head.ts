/**
 * Says the head of the audit log in a chat, once a day (UTC): whoever cuts off the log's end would have to change that chat, too.
 * The day is written down with the message, so that no restart says it again. Asked of the hub it changes nothing.
 */
import { writeHead } from "../src/audit/export.ts";
import { headOfLog } from "../src/audit/verify.ts";
import { type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import { newId } from "../src/contract/ids.ts";
import { put } from "../src/contract/store.ts";

const DAY_MS = 86_400_000;
/** Holds the day that was told last, in days since 1970. */
const TOLD = "audit-head/told";

export const auditHead: Handler = {
  name: "audit-head",
  async due(view): Promise<Work | undefined> {
    const address = view.settings.auditHeadTo;
    const day = Math.floor(view.now / DAY_MS);
    if (!address || (await toldDay(view)) >= day) return undefined;
    const head = writeHead(await headOfLog(view.store));
    const text = `The audit log of ${view.settings.tenantId} ends at \`${head}\`. To check it: \`mos-hub audit verify --head ${head}\`.`;
    const told = put("kv", TOLD, { value: String(day), expiresAt: null });
    return { writes: [say({ address, trace: newId("trc"), text, urgency: "notice" }).write, told] };
  },
  nextDue: async (view) => (view.settings.auditHeadTo ? ((await toldDay(view)) + 1) * DAY_MS : undefined),
};

async function toldDay({ store }: View): Promise<number> {
  return Number((await store.get("kv", TOLD))?.value ?? -1);
}
