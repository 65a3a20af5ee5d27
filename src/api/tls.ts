/** The certificate of the hub's own port: read once at the start, and checked before anybody is let in. The key is never shown or logged. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { HubError } from "../contract/errors.ts";

export interface TlsFiles {
  /** Absolute paths, PEM. The certificate may be followed by those that vouch for it. */
  readonly cert: string;
  readonly key: string;
}

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface Log {
  warn(facts: Record<string, unknown>, text: string): void;
}

/** Rejects with `tls_unusable`, naming the file and what is wrong with it. */
export async function readTls(files: TlsFiles, { log, now }: { readonly log: Log; readonly now: () => number }): Promise<Tls> {
  const [cert, key] = [await read(files.cert), await read(files.key)];
  const certificate = parsed(files.cert, "it holds no certificate in PEM", () => new X509Certificate(cert));
  const privateKey = parsed(files.key, "it holds no private key in PEM without a passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(files.key, `it is not the key of ${files.cert}`);
  if (Date.parse(certificate.validTo) < now()) log.warn({ file: files.cert, until: certificate.validTo }, "this certificate has expired");
  if (((await stat(files.key)).mode & 0o077) !== 0)
    log.warn({ file: files.key }, "others may read this key; chmod 600 keeps it to the hub");
  return { cert, key };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    throw unusable(file, `it cannot be read (${code})`);
  }
}

function parsed<T>(file: string, otherwise: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw unusable(file, otherwise);
  }
}

function unusable(file: string, reason: string): HubError {
  return new HubError("tls_unusable", { file, reason });
}
