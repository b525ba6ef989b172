/** One POST to an address that a tenant chose: no redirect is followed, and nothing inside the provider's networks reached. */
import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { deliveryErrors } from './errors.ts';

const SECONDS_MAX = 60;

/** RFC 1918, 6598, 4193, 3927 and what is no host's: the cloud's metadata service is among them. */
const INSIDE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  INSIDE.addSubnet(net, prefix, 'ipv6');

/** @returns the status of the answer. @throws DELIVERY_REFUSED, DELIVERY_UNREACHABLE */
export function post(
  target: URL,
  body: Buffer,
  isPrivateAllowed: boolean,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  // Where the host is an address, nobody looks it up.
  if (!isPrivateAllowed && isIP(host) !== 0 && isInside(host))
    throw deliveryErrors.make('DELIVERY_REFUSED', { to: target.host, because: INSIDE_SAYS });
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': body.length },
        signal: AbortSignal.timeout(SECONDS_MAX * 1_000),
        // Looked at here, where the connection is made: a name may have another address a moment later.
        ...(isPrivateAllowed ? {} : { lookup: outside }),
      },
      (response) => {
        response.destroy();
        resolve(response.statusCode ?? 0);
      },
    );
    request.once('error', (error) => {
      const name = error.message === INSIDE_SAYS ? 'DELIVERY_REFUSED' : 'DELIVERY_UNREACHABLE';
      reject(deliveryErrors.make(name, { to: target.host, because: error.message }));
    });
    request.end(body);
  });
}

const INSIDE_SAYS = 'its address is inside a private network';

const outside: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return callback(error, '');
    if (found.length === 0 || found.some(({ address }) => isInside(address)))
      return callback(new Error(INSIDE_SAYS), '');
    const [first] = found;
    if (options.all === true) return callback(null, found);
    return callback(null, first?.address ?? '', first?.family);
  });
};

function isInside(address: string): boolean {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return INSIDE.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}
