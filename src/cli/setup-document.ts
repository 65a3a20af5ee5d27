/** `mos-hub <kind> <document>`: prints a text its platform wants, as a manifest of the app. One command for each kind, whatever the kinds are. */
import { KNOWN_CONNECTOR_KINDS } from "../../connectors/index.ts";
import { HubError } from "../contract/errors.ts";
import type { AddCommand } from "./command.ts";
import { knownParts } from "./known-parts.ts";

export const addSetupDocument: AddCommand = (program, act) => {
  for (const kind of KNOWN_CONNECTOR_KINDS)
    program
      .command(`${kind} <document>`, { hidden: true })
      .description("print a text its platform wants for setting up")
      .action(
        act(async (context, name: string) => {
          const { connectors } = await knownParts();
          const documents = connectors.find((one) => one.kind === kind)?.documents ?? [];
          const found = documents.find((one) => one.name === name);
          const offered = documents.map((one) => `${one.name} (${one.purpose})`).join(", ") || "none";
          if (!found) throw new HubError("bad_request", { problems: `${kind} has no document "${name}"; there is: ${offered}` });
          const text = found.write();
          context.print({ type: "document", kind, name, text }, () => text);
          return 0;
        }),
      );
};
