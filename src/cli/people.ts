/** `mos-hub people`: whom the hub knows and what they may, and the local operator's PIN. */
import type { Command } from "commander";
import type { z } from "zod";
import { newPerson, newRoles, type personShape } from "../api/people-shapes.ts";
import { parse } from "../api/problem.ts";
import { HubError } from "../contract/errors.ts";
import { ROLES } from "../people/roles.ts";
import { askSecret } from "./ask-secret.ts";
import { neutralise } from "./chat/text-cells.ts";
import type { Act, AddCommand, CommandContext } from "./command.ts";
import { pinFrom, type PinOption, withPin } from "./pin-option.ts";

type Person = z.output<typeof personShape>;

const WITHOUT_TERMINAL = "run this on a terminal, or start the hub once with MOS_HUB_PIN set to the new PIN";

export const addPeople: AddCommand = (program, act) => {
  const people = program.command("people").description("whom the hub knows");
  looking(people, act);
  changing(people, act);
  people
    .command("pin")
    .description("set or change the local operator's PIN")
    .action(
      act(async (context) => {
        const client = await context.client();
        const { people: known } = await client.people.list();
        const current = known.some(({ source, hasPin }) => source === "local" && hasPin)
          ? await askSecret("Current PIN: ", WITHOUT_TERMINAL)
          : undefined;
        const pin = await askSecret("New PIN (at least 6 digits): ", WITHOUT_TERMINAL);
        if ((await askSecret("The new PIN once more: ")) !== pin) throw new HubError("bad_request", { problems: "the two PINs differ" });
        await client.people.setPin({ pin, current });
        context.print({ type: "pin", set: true }, () => "The PIN is set.");
        return 0;
      }),
    );
};

function looking(people: Command, act: Act): void {
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
    .command("show <who>")
    .description("one person, by name or id")
    .action(act(async (context, who: string) => printed(context, await (await context.client()).people.get(who), facts)));
}

function changing(people: Command, act: Act): void {
  withPin(people.command("add <name>").description("let somebody in by the ids of their accounts, with your PIN"))
    .requiredOption("--role <list>", `what they may, by commas: ${ROLES.join(", ")}`)
    .option("--account <account:id...>", "an account of the hub and the person's id there")
    .action(
      act(async (context, name: string, options: PinOption & { role: string; account?: string[] }) => {
        const accounts = (options.account ?? []).map(accountOf);
        const wanted = parse({ name, roles: rolesOf(options.role), accounts, pin: await pinFrom(options, context) }, newPerson);
        return printed(context, await (await context.client()).people.add(wanted), line);
      }),
    );
  withPin(people.command("roles <who> [roles...]").description("what somebody may do from now on; without roles nothing")).action(
    act(async (context, who: string, roles: string[], options: PinOption) => {
      const wanted = parse({ roles: roles.flatMap(rolesOf), pin: await pinFrom(options, context) }, newRoles);
      return printed(context, await (await context.client()).people.setRoles(who, wanted), line);
    }),
  );
  withPin(people.command("remove <who>").description("know somebody no longer, at once; what waits of them is dropped"))
    .option("--account <account:id>", "only this account, which was paired")
    .action(
      act(async (context, who: string, options: PinOption & { account?: string }) => {
        const account = options.account === undefined ? undefined : accountOf(options.account);
        const removed = await (await context.client()).people.remove(who, { account, pin: await pinFrom(options, context) });
        return printed(context, removed, line);
      }),
    );
}

/** The id may hold colons of its own. */
function accountOf(typed: string): { account: string; sender: string } {
  const [, account, sender] = /^([^:]+):(.+)$/s.exec(typed) ?? [];
  if (account === undefined || sender === undefined) throw new HubError("bad_request", { problems: "--account is account:id" });
  return { account, sender };
}

export function rolesOf(typed: string): string[] {
  return typed
    .split(",")
    .map((role) => role.trim())
    .filter(Boolean);
}

export function printed(context: CommandContext, person: Person, words: (person: Person) => string): number {
  context.print({ type: "person", ...person }, () => words(person));
  return 0;
}

export function line({ name, roles, accounts, source }: Person): string {
  const from = accounts.map(({ account, sender }) => `${account}:${sender}`).join(", ") || "no account";
  return neutralise(`${name} (${source}): ${roles.join(", ") || "no roles"}; ${from}`);
}

function facts(person: Person): string {
  return `${line(person)}\nid ${person.id}, directory ${person.dir}, ${person.hasPin ? "has a PIN" : "no PIN"}`;
}
