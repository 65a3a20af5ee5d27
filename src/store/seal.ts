/** Seals what must not lie readable in the store: AES-256-GCM under a key that lies outside it. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../contract/errors.ts";

export interface Seal {
  seal(text: string): string;
  /** Throws HubError `seal_broken` for what another key sealed, or somebody changed. */
  open(sealed: string): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `given`: the key in base64url, where several nodes share a store. Without it a key of its own lies in the data folder, made at the first start. */
export async function openSeal({ dataDir, given }: { readonly dataDir: string; readonly given: string | undefined }): Promise<Seal> {
  const key = Buffer.from(given ?? (await keyOf(join(dataDir, "seal.key"))), "base64url");
  if (key.length !== KEY_BYTES) throw new HubError("seal_broken", { reason: `the key has ${key.length} bytes and needs ${KEY_BYTES}` });
  return createSeal(key);
}

/** Of two that begin at once one makes the key: a link never replaces a file. */
async function keyOf(file: string): Promise<string> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, randomBytes(KEY_BYTES).toString("base64url"), { mode: 0o600 });
  await link(fresh, file).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "EEXIST") throw thrown;
  });
  await rm(fresh);
  return (await readFile(file, "utf8")).trim();
}

export function createSeal(key: Buffer): Seal {
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new HubError("seal_broken", { reason: "another key sealed it, or it was changed" }, { cause });
      }
    },
  };
}
