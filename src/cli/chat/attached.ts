/** What a terminal says of the files of a message. Pure. The names are people's and agents' own, so they are neutralised here. */
import type { ShownFile } from "../../../connectors/console/entry.ts";
import { sizeInWords } from "../../blobs/size-words.ts";
import { neutralise } from "./text-cells.ts";

export function attachedWords({ name, sizeBytes }: Pick<ShownFile, "name" | "sizeBytes">): string {
  return `attached: ${neutralise(name)} (${sizeInWords(sizeBytes)})`;
}
