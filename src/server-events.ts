/** Reads server-sent events from a byte stream (WHATWG HTML, "Interpreting an event stream"). Pure of any connection. */

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** `onSign` is called for every piece that arrives, comments too. */
export async function* readServerEvents(bytes: AsyncIterable<Uint8Array>, onSign: () => void = () => {}): AsyncGenerator<ServerEvent> {
  const utf8 = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    onSign();
    rest += utf8.decode(chunk, { stream: true });
    // A lone CR at the end may be the first half of CRLF.
    const blocks = rest.replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  let id: string | undefined;
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "id") id = value;
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { id, event, data: data.join("\n") };
}
