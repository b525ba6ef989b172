/** Accepts connections and forgets them: `listen.ts PORT`; prints `listening` when it does. */
import { createServer } from 'node:net';

const server = createServer((socket) => socket.on('error', () => undefined).resume());
server.listen(Number(process.argv[2]), () => console.log('listening'));
