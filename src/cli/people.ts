/** `mos-hub people`: whom the hub knows, and the local operator's PIN. */
import { z } from "zod";
import type { AddCommand } from "./command.ts";
import { askSecret } from "./ask-secret.ts";

const person = z.object({
  id: z.string(),
  name: z.string(),
  dir: z.string(),
  roles: z.array(z.string()),
  source: z.string(),
  hasPin: z.boolean(),
  accounts: z.array(z.object({ account: z.string(), sender: z.string() })),
});
const list = z.object({ people: z.array(person) });

export const addPeople: AddCommand = (program, act) => {
  const people = program.command("people").description("whom the hub knows");
  people
    .command("list")
    .description("people, their roles and accounts")
    .action(
      act(async (context) => {
        const found = await (await context.client()).request("/v1/people", { answer: list });
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
        const { people: known } = await client.request("/v1/people", { answer: list });
        const current = known.some(({ source, hasPin }) => source === "local" && hasPin) ? await askSecret("Present PIN: ") : undefined;
        const pin = await askSecret("New PIN (at least 6 digits): ");
        await client.request("/v1/people/pin", { method: "PUT", body: { pin, current }, answer: z.object({ set: z.literal(true) }) });
        context.print({ type: "pin", set: true }, () => "The PIN is set.");
        return 0;
      }),
    );
};

function line({ name, roles, accounts, source }: z.infer<typeof person>): string {
  const from = accounts.map(({ account, sender }) => `${account}:${sender}`).join(", ") || "no account";
  return `${name} (${source}): ${roles.join(", ") || "no roles"}; ${from}`;
}
