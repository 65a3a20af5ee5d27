/** `mos-hub store`: the database of a stopped hub, and its way to another one. */
import { counted } from "../contract/counted.ts";
import { HubError } from "../contract/errors.ts";
import { isOnServer } from "../store/open.ts";
import type { AddCommand } from "./command.ts";

export const addStore: AddCommand = (program, act) => {
  const store = program.command("store").description("the database the hub keeps everything in");
  store
    .command("move")
    .description(
      "take what hub.db in the data folder holds to the empty PostgreSQL database of MOS_HUB_DATABASE_URL; the hub must be stopped",
    )
    .action(
      act(async (context) => {
        const { databaseUrl: url, dataDir } = await context.config();
        if (!isOnServer(url)) throw new HubError("bad_request", { problems: "MOS_HUB_DATABASE_URL names no PostgreSQL server to move to" });
        const { moveToServer } = await import("../store/move.ts");
        const moved = await moveToServer({ url, dataDir });
        context.print(
          { type: "store_moved", ...moved },
          () => `Moved ${counted(moved.rows, "row")}. The hub goes on there at its next start; what was hub.db is ${moved.keptAs}.`,
        );
        return 0;
      }),
    );
};
