/** A wire between a hub and its PostgreSQL that can be cut, or go silent, at the moment a test chooses. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** `cut`: it never reaches the server · `cut after`: it does, and its answer reaches nobody · `hush`: like that, and the wire stays up. */
export type Mishap = "pass" | "cut" | "cut after" | "hush";

export interface PostgresWire {
  /** `url` by way of the wire. */
  through(url: string): string;
  /** Asked for each piece a hub sends. */
  onSent(decide: (sent: string) => Mishap): void;
  close(): Promise<void>;
}

export async function layWire(serverPort: number): Promise<PostgresWire> {
  let decide: (sent: string) => Mishap = () => "pass";
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(serverPort, "127.0.0.1");
    let isSilent = false;
    const cut = (): void => void [near, far].forEach((one) => one.destroy());
    for (const one of [near, far]) {
      open.add(one);
      one.on("error", cut).on("close", () => {
        open.delete(one);
        if (!isSilent) cut();
      });
    }
    near.on("data", (piece: Buffer) => {
      const mishap = decide(piece.toString("latin1"));
      if (mishap === "cut") return cut();
      isSilent ||= mishap !== "pass";
      far.write(piece);
      // Only this side: the server is to do what it was asked.
      if (mishap === "cut after") near.destroy();
    });
    far.on("data", (piece: Buffer) => void (isSilent || near.write(piece)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => url.replace(`:${serverPort}/`, `:${port}/`),
    onSent: (given) => void (decide = given),
    async close() {
      for (const one of open) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
