/** Operators under ids that nobody of that platform can have: a name in place of an id. Such a person is never recognised. Pure. */
import type { KindSchema } from "./check.ts";
import { type Path, pathText, type Problem } from "./problems.ts";

interface Named {
  readonly operators: readonly { readonly accounts: readonly { readonly account: string; readonly sender: string }[] }[];
  readonly accounts: readonly { readonly account: string; readonly kind: string }[];
}

/** `lineOf`: where a place stands in the file. */
export function unlikelyPeople(
  { operators, accounts }: Named,
  kinds: readonly KindSchema[],
  lineOf: (path: Path) => number | undefined,
): Problem[] {
  return operators.flatMap((operator, at) =>
    operator.accounts.flatMap(({ account, sender }) => {
      const kind = accounts.find((one) => one.account === account)?.kind;
      const wrong = kinds.find((one) => one.kind === kind)?.person?.safeParse(sender).error?.issues[0]?.message;
      const path = ["operators", at, "accounts", account];
      const remedy = "Nobody is recognised by it. Put the id there, or take it out and let them in with: mos-hub pair";
      return wrong === undefined ? [] : [{ path: pathText(path), line: lineOf(path), wrong: `is nobody's id there: ${wrong}`, remedy }];
    }),
  );
}
