/** `mos-hub init`: asks a few questions and writes hub.yaml. Secrets never get into it: those that are given go into `.env` beside it, 0600. */
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";

export const addInit: AddCommand = (program, act) => {
  program
    .command("init")
    .alias("configure")
    .description("ask a few questions and write hub.yaml")
    .option("--file <file>", "the file to write", "hub.yaml")
    .option("--force", "replace a file that is there")
    .action(
      act(async (context, { file, force }: { file: string; force?: boolean }) => {
        if (process.stdin.isTTY !== true)
          throw new HubError("bad_request", {
            problems: "init asks questions, so it needs a terminal; hub.yaml can also be written by hand (see README.md)",
          });
        const path = resolve(file);
        if (!force && (await exists(path)))
          throw new HubError("bad_request", { problems: `${path} is there already; --force replaces it` });
        // Loaded here: a hub that runs does not carry what draws questions.
        await (await import("./init-talk.ts")).talkThrough(path, context.typed);
        context.print({ type: "configured", file: path }, () => "");
        return 0;
      }),
    );
};

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
