/** Starts the rehearsal agent. The compile cache only helps what is loaded after it, so everything else is in `serve.ts`. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { serve } = await import("./serve.ts");
await serve();
