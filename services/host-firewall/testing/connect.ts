/** Opens connections one after the other: `connect.ts ADDRESS PORT COUNT`; prints microseconds each, the median. */
import { connect } from 'node:net';

const [host = '', port = '', count = ''] = process.argv.slice(2);
const took: number[] = [];
for (let made = 0; made < Number(count); made += 1) {
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => {
      took.push((performance.now() - startedAt) * 1_000);
      // A reset leaves no port waiting, of which there are few.
      socket.resetAndDestroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
const sorted = took.toSorted((a, b) => a - b);
console.log(sorted[Math.floor(sorted.length / 2)]);
