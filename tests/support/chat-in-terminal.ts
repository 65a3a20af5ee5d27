/** The interactive chat as a process of its own, for a terminal to run: the data folder is its argument. */
import { chat } from "../../src/cli/chat.ts";

const [, , dataDir = ""] = process.argv;
process.exitCode = await chat({ dataDir, colour: false });
process.stdout.write(`left with ${process.exitCode}\n`);
process.stdin.unref();
