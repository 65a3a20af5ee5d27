/** `--pin`, where a person has to prove that it is them. */
import type { Command } from "commander";
import { askSecret } from "./ask-secret.ts";
import type { CommandContext } from "./command.ts";

export interface PinOption {
  readonly pin?: string | true;
}

export function withPin(command: Command): Command {
  return command.option("--pin [pin]", "your PIN; without a value you are asked for it, which keeps it out of the shell's history");
}

/** As it was given, else the configured one, else asked for. */
export async function pinFrom({ pin }: PinOption, context: CommandContext): Promise<string> {
  return typeof pin === "string"
    ? pin
    : ((await context.config()).pin ?? (await askSecret("Your PIN: ", "give it with --pin, or in MOS_HUB_PIN")));
}
