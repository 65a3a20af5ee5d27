/** `mos-hub token`: what programs call the hub's API with. */
import { newToken } from "../api/shapes.ts";
import { parse } from "../api/problem.ts";
import { HubError } from "../contract/errors.ts";
import { SCOPES } from "../contract/tables.ts";
import type { AddCommand } from "./command.ts";

interface CreateOptions {
  readonly scope: string;
  readonly person?: string;
  readonly days: string;
}

export const addToken: AddCommand = (program, act) => {
  const token = program.command("token").description("tokens for programs that call the hub");
  token
    .command("create <name>")
    .description("a new token, shown once; it may talk and report, and never decides")
    .option("--scope <list>", `what it may do, by commas: ${SCOPES.join(", ")}`, "read")
    .option("--person <name>", "whom it speaks for (default: the local operator)")
    .option("--days <n>", "how long it is valid; 0 for ever", "90")
    .action(
      act(async (context, name: string, { scope, person, days }: CreateOptions) => {
        const wanted = parse({ name, scopes: scope.split(",").map((one) => one.trim()), person, days: daysOf(days) }, newToken);
        const made = await (await context.client()).tokens.create(wanted);
        context.print(
          { type: "token", ...made },
          () =>
            `${made.token}\n${context.typed(`Keep it: it is shown only now. Revoke it with: mos-hub token revoke ${made.id.slice(0, 12)}`)}`,
        );
        return 0;
      }),
    );
  token
    .command("list", { isDefault: true })
    .description("tokens, open links and signed-in browsers")
    .action(
      act(async (context) => {
        const { tokens } = await (await context.client()).tokens.list();
        const line = ({ id, kind, name, scopes, expiresAt }: (typeof tokens)[number]): string =>
          `${id.slice(0, 12)}  ${kind.padEnd(7)}  ${name}  ${scopes.join(",")}  until ${expiresAt === null ? "revoked" : new Date(expiresAt).toISOString().slice(0, 16)}`;
        context.print({ type: "tokens", tokens }, () => tokens.map(line).join("\n") || "There are none.");
        return 0;
      }),
    );
  token
    .command("revoke <id>")
    .description("end a token, a link or a signed-in browser at once")
    .action(
      act(async (context, id: string) => {
        await (await context.client()).tokens.revoke(id);
        context.print({ type: "revoked", id }, () => "Revoked.");
        return 0;
      }),
    );
};

function daysOf(typed: string): number | null {
  if (!/^\d+$/.test(typed)) throw new HubError("bad_request", { problems: "--days is a whole number" });
  return Number(typed) === 0 ? null : Number(typed);
}
