/**
 * Programs that nobody here knows: a failure to sign in, in the words that nearly all of them use, and an
 * address behind the word that says from where. Both must be there, and the failure first.
 */
import { addressAt } from '../address.ts';
import type { Decoder } from './define.ts';

/** In lower case; a phrase of each pair, in this order. */
const FAILED = [
  'login failed',
  'failed login',
  'login failure',
  'failed to login',
  'failed to log in',
  'failed to authenticate',
  'authentication failed',
  'authentication failure',
  'authentication failures',
  'failed authentication',
  'auth failed',
  'failed auth',
  'authentication error',
  'invalid password',
  'incorrect password',
  'wrong password',
  'bad password',
  'password mismatch',
  'password incorrect',
  'failed password',
  'invalid credentials',
  'bad credentials',
  'wrong credentials',
  'invalid login',
  'bad login',
  'invalid user',
  'unknown user',
  'illegal user',
  'no such user',
  'login incorrect',
  'login attempt failed',
  'failed logon',
  'logon failed',
  'user not found',
  'invalid username',
  'invalid token',
  'access denied',
  'permission denied',
  'not allowed',
  'failure from',
];
/** A part of each of them: most lines have none, and are done with. */
const HINT =
  /fail|invalid|incorrect|wrong|bad |mismatch|illegal|unknown|no such|denied|not found|not allowed|error/;
const FROM = [
  'from ',
  'from: ',
  'from=',
  'ip=',
  'ip: ',
  'ip:',
  'ip ',
  'rhost=',
  'addr=',
  'address ',
  'address: ',
  'address=',
  'client ',
  'client=',
  'client: ',
  'host=',
  'host ',
  'host: ',
  'remote_addr=',
  'remoteip=',
  'src=',
  'srcip=',
  'peer=',
];
const PLACES_MAX = 16;

export const generic: Decoder = {
  name: 'generic',
  decode: (message) => {
    const lower = message.toLowerCase();
    if (!HINT.test(lower)) return undefined;
    const failure = placeOfFailure(lower);
    if (failure === undefined) return undefined;
    // Behind the failure; some say first from where, and then what.
    const host = addressBehind(message, lower, failure) ?? addressBehind(message, lower, 0);
    return host === undefined
      ? undefined
      : { outcome: 'authentication-failure', sign: 'authentication', fields: { host } };
  },
};

function placeOfFailure(lower: string): number | undefined {
  for (const phrase of FAILED) {
    const at = lower.indexOf(phrase);
    if (at !== -1) return at;
  }
  return undefined;
}

/** The last one: what stands before it may be what the sender called himself. */
function addressBehind(message: string, lower: string, from: number): string | undefined {
  let best = -1;
  let host: string | undefined;
  for (const word of FROM) {
    let at = lower.lastIndexOf(word);
    for (let places = 0; at >= from && at > best && places < PLACES_MAX; places += 1) {
      const start = at + word.length;
      const found = addressAt(message, skipOpening(message, start));
      if (found !== undefined) {
        best = at;
        host = found.text;
        break;
      }
      at = at === 0 ? -1 : lower.lastIndexOf(word, at - 1);
    }
  }
  return host;
}

/** `[1.2.3.4]`, `(1.2.3.4)`, `"1.2.3.4"`, `<1.2.3.4>`. */
function skipOpening(message: string, from: number): number {
  return '[("\'<'.includes(message[from] ?? ' ') ? from + 1 : from;
}
