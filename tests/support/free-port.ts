/** A port of this machine that nothing listens on, for what must know its address before it starts, or keep it over a restart. */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems hand out by themselves: nobody gets it by chance while its owner is away. */
const [LOWEST, COUNT] = [20_000, 12_000];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server.listen(port, "127.0.0.1"), "listening").then(
    () => true,
    () => false,
  );
  if (!(await listening)) return false;
  await once(server.close(), "close");
  return true;
}
