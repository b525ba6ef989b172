/** One POST to an address that a tenant chose: no redirect is followed, and nothing inside the provider's networks reached. */
import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { deliveryErrors } from './errors.ts';
import { isInside } from './inside.ts';

const SECONDS_MAX = 60;

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
