/**
 * Which addresses the hub may ask although somebody gave them. Private ones only where the configuration names their host, name or network;
 * link-local ones (where clouds keep their metadata) and what is no place of a machine only where it names the network itself. Pure.
 */
import { BlockList, isIP } from "node:net";
import { globMatches } from "../glob.ts";

/** IANA special-purpose address registries (2025): networks of an organisation's own, and this machine. */
const PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];
/** Never the address of a site: unspecified, link-local, documentation, benchmarks, multicast, reserved, and IPv6 that wraps IPv4. */
const NO_SITE = [
  "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4",
  "::/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fe80::/10 fec0::/10 ff00::/8",
].flatMap((line) => line.split(" "));

export interface Reachable {
  /** Why this address of this host is not asked; undefined when it may be. */
  whyNot(host: string, address: string): string | undefined;
}

/** `allowed`: host names (`*` stands for any text), addresses, networks such as `10.0.0.0/8`. */
export function createReachable(allowed: readonly string[]): Reachable {
  const own = networks(PRIVATE);
  const none = networks(NO_SITE);
  const named = networks(allowed.filter(isNetwork));
  const hosts = allowed.filter((one) => !isNetwork(one));
  return {
    whyNot(host, address) {
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (isIP(address) === 0) return "it has no address";
      if (named.check(address, family)) return undefined;
      if (none.check(address, family)) return "its address is link-local or no site's";
      const isNamed = hosts.some((glob) => globMatches(glob, host));
      return own.check(address, family) && !isNamed ? "its address is a private one" : undefined;
    },
  };
}

export function isNetwork(text: string): boolean {
  const [address = "", bits] = text.split("/");
  const family = isIP(address);
  return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)));
}

function networks(written: readonly string[]): BlockList {
  const list = new BlockList();
  for (const one of written) {
    const [address = "", bits] = one.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return list;
}
