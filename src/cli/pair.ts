/** `mos-hub pair`: strangers who ask to be known, and letting them in with the operator's PIN. */
import type { z } from "zod";
import { acceptance, type pairingShape } from "../api/people-shapes.ts";
import { parse } from "../api/problem.ts";
import { ROLES } from "../people/roles.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { AddCommand } from "./command.ts";
import { line, printed, rolesOf } from "./people.ts";
import { pinFrom, type PinOption, withPin } from "./pin-option.ts";

type Pairing = z.output<typeof pairingShape>;

interface AcceptOptions extends PinOption {
  readonly name?: string;
  readonly person?: string;
  readonly role: string;
}

export const addPair: AddCommand = (program, act) => {
  const pair = program.command("pair").description("people who write to the hub and are not known yet");
  pair
    .command("list", { isDefault: true })
    .description("who waits; only they know their code")
    .action(
      act(async (context) => {
        const found = await (await context.client()).pairings.list();
        context.print({ type: "pairings", ...found }, () => found.pairings.map(waiting).join("\n") || "Nobody waits.");
        return 0;
      }),
    );
  withPin(pair.command("accept <code>").description("let in whoever was told this code, with your PIN"))
    .option("--name <name>", "what to call them (default: their id)")
    .option("--person <who>", "somebody known already, who gets the account")
    .option("--role <list>", `what a new person may, by commas: ${ROLES.join(", ")}`, "operator")
    .action(
      act(async (context, code: string, options: AcceptOptions) => {
        const { name, person, role } = options;
        const wanted = parse({ code, name, person, roles: rolesOf(role), pin: await pinFrom(options, context) }, acceptance);
        return printed(context, await (await context.client()).pairings.accept(wanted), line);
      }),
    );
  withPin(pair.command("deny <code>").description("leave somebody outside, by code or as they are listed, with your PIN")).action(
    act(async (context, code: string, options: PinOption) => {
      await (await context.client()).pairings.deny({ code, pin: await pinFrom(options, context) });
      context.print({ type: "denied", code }, () => "Denied.");
      return 0;
    }),
  );
};

/** Their id stands first, since a name is only what they call themselves; its quotes cannot be left by what is in it. */
function waiting({ account, sender, name, workspace, chat, issuedAt, expiresAt }: Pairing): string {
  const called = name === undefined ? "" : `  calls themselves ${JSON.stringify(name)}`;
  const place = workspace === undefined ? chat : `${chat} of ${workspace}`;
  return neutralise(`${account}:${sender}${called}  asked ${minute(issuedAt)} in ${place}, until ${minute(expiresAt)}`).replaceAll(
    "\n",
    " ",
  );
}

const minute = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;
