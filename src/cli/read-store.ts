/** The hub's database as commands read it that work on a stopped hub's folder, too. Nothing the hub says has to be believed, and nothing is changed. */
import type { Store } from "../contract/store.ts";
import { openStore } from "../store/open.ts";
import type { CommandContext } from "./command.ts";

export async function withStore<T>(context: CommandContext, look: (store: Store) => Promise<T>): Promise<T> {
  const { databaseUrl } = await context.config();
  const store = await openStore({ url: databaseUrl, dataDir: await context.dataDir(), readOnly: true });
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}
