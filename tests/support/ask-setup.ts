/** Asks on its terminal what `init` asks about one kind, with answers that are known before, and prints what came of it. `KIND ANSWERS-AS-JSON` */
import { loadDefinitions } from "../../connectors/index.ts";
import { askSetup } from "../../src/cli/ask-setup.ts";

const [kind = "", before = "{}"] = process.argv.slice(2);
const [definition] = await loadDefinitions([kind]);
if (!definition) throw new Error(`there is no ${kind}`);
const { answers, secrets } = await askSetup(definition, JSON.parse(before) as Record<string, string>);
process.stdout.write(`answers ${answers["channel_id"]}\nsecrets ${Object.keys(secrets).join()}\n`);
