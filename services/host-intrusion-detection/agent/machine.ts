/** Addresses of this machine, and of the platform that must always be reached. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

const ADDRESSES_MAX = 512;

/** Devices of the agent's own probes, which come and go. */
const OWN_DEVICES = /^demarc/;

/** Without those of loopback and of probes; sorted, so that the same ones are the same text. */
export function ownAddresses(): readonly string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !OWN_DEVICES.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address.split('%')[0] ?? address)
    .sort()
    .slice(0, ADDRESSES_MAX);
}

/** Empty where its name means nothing now: then the firewall's own allow-list is what there is. */
export async function addressesOf(server: URL): Promise<readonly string[]> {
  const host = server.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
