/** Opens connections at once and holds them: `hold.ts ADDRESS PORT COUNT [SOURCE]`; prints how many came to be. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const SETTLED_MS = 1_500;
const [host = '', port = '', count = '', source] = process.argv.slice(2);
let open = 0;
const all = Array.from({ length: Number(count) }, () =>
  connect({ host, port: Number(port), ...(source === undefined ? {} : { localAddress: source }) })
    .once('connect', () => {
      open += 1;
    })
    .on('error', () => undefined),
);
const until = Date.now() + SETTLED_MS;
while (open < all.length && Date.now() < until) await sleep(20);
console.log(open);
process.exit(0);
