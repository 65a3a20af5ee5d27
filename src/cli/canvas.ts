/** `mos-hub canvas`: the pages the hub keeps, and their end. */
import type { z } from "zod";
import type { canvasList } from "../api/canvas/shapes.ts";
import { counted } from "../contract/counted.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { AddCommand } from "./command.ts";

export const addCanvas: AddCommand = (program, act) => {
  const canvas = program.command("canvas").description("pages, tables and forms the hub keeps");
  canvas
    .command("list", { isDefault: true })
    .description("the latest ones")
    .action(
      act(async (context) => {
        const found = await (await context.client()).canvases.list();
        context.print({ type: "canvases", ...found }, () => found.canvases.map(line).join("\n") || "No canvases yet.");
        return 0;
      }),
    );
  canvas
    .command("revoke <id>")
    .description("end one at once: its content and every link to it are gone")
    .action(
      act(async (context, id: string) => {
        const done = await (await context.client()).canvases.revoke(id);
        context.print({ type: "canvas_revoked", ...done }, () => "It has ended; its card says so.");
        return 0;
      }),
    );
};

function line({ id, state, title, revision, opened }: z.output<typeof canvasList>["canvases"][number]): string {
  const kept = revision === null ? "a link" : `version ${revision}, opened ${counted(opened, "time")}`;
  return `${id}  ${state.padEnd(7)}  ${neutralise(title)}  (${kept})`;
}
