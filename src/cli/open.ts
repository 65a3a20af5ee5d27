/** `mos-hub open`: a link that signs a browser in. */
import type { AddCommand } from "./command.ts";
import { needLocalAccount } from "./local-account.ts";
import { pinFrom, type PinOption, withPin } from "./pin-option.ts";

export const addOpen: AddCommand = (program, act) => {
  withPin(program.command("open"))
    .description("a link to the hub's page, which signs one browser in")
    .option("--person <name>", "somebody else of the people the hub knows; needs your PIN")
    .action(
      act(async (context, { person, ...proof }: { person?: string } & PinOption) => {
        needLocalAccount(await context.config());
        const client = await context.client();
        const pin = person === undefined ? undefined : await pinFrom(proof, context);
        const link = await client.people.signInLink({ person, pin });
        const asks = link.asksPin ? " The page asks for your PIN." : "";
        context.print({ type: "open", ...link }, () => `${link.url}\nIt works once, within ten minutes.${asks}`);
        return 0;
      }),
    );
};
