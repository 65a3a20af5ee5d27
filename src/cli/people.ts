/** `mos-hub people`: whom the hub knows, and the local operator's PIN. */
import type { z } from "zod";
import type { personShape } from "../api/shapes.ts";
import type { AddCommand } from "./command.ts";
import { HubError } from "../contract/errors.ts";
import { askSecret } from "./ask-secret.ts";

export const addPeople: AddCommand = (program, act) => {
  const people = program.command("people").description("whom the hub knows");
  people
    .command("list", { isDefault: true })
    .description("people, their roles and accounts")
    .action(
      act(async (context) => {
        const found = await (await context.client()).people.list();
        context.print({ type: "people", ...found }, () => found.people.map(line).join("\n"));
        return 0;
      }),
    );
  people
    .command("pin")
    .description("set or change the local operator's PIN")
    .action(
      act(async (context) => {
        const client = await context.client();
        const { people: known } = await client.people.list();
        const current = known.some(({ source, hasPin }) => source === "local" && hasPin) ? await askSecret("Current PIN: ") : undefined;
        const pin = await askSecret("New PIN (at least 6 digits): ");
        if ((await askSecret("The new PIN once more: ")) !== pin) throw new HubError("bad_request", { problems: "the two PINs differ" });
        await client.people.setPin({ pin, current });
        context.print({ type: "pin", set: true }, () => "The PIN is set.");
        return 0;
      }),
    );
};

function line({ name, roles, accounts, source }: z.output<typeof personShape>): string {
  const from = accounts.map(({ account, sender }) => `${account}:${sender}`).join(", ") || "no account";
  return `${name} (${source}): ${roles.join(", ") || "no roles"}; ${from}`;
}
