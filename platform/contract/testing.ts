/** For tests of rooms: what agent and server hand to a room, where nothing of it matters to the test. */
import type { AgentRoomContext, Capabilities } from './agent.ts';
import type { ServerRoomContext } from './server.ts';

/** @param given what the test looks at; a worker or a program that it does not give may not be started */
export function testRoomContext(
  given: Partial<AgentRoomContext> & Pick<AgentRoomContext, 'stateDirectory'>,
): AgentRoomContext {
  const provided: Partial<Capabilities> = {};
  return {
    host: {
      assetId: 'a',
      hostname: 'h',
      machineId: 'm',
      os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
    },
    emit: async () => undefined,
    evidence: async () => undefined,
    dropped: () => undefined,
    sign: () => 'signature',
    verify: (_bytes, signature) => signature === 'signature',
    spawnWorker: (name) => {
      throw new Error(`the test did not expect the worker ${name}`);
    },
    program: (name) => {
      throw new Error(`the test did not expect the program ${name}`);
    },
    server: new URL('https://127.0.0.1:8621'),
    reachServer: async () => true,
    provide: (name, what) => {
      provided[name] = what as never;
    },
    use: (name) => provided[name],
    announcedChanges: () => [],
    now: () => Date.now(),
    log: () => undefined,
    ...given,
  };
}

/** @param given what the test looks at; whatever else the room asks for fails the test */
export function testServerContext(given: Partial<ServerRoomContext>): ServerRoomContext {
  return new Proxy(given as ServerRoomContext, {
    get(target, name) {
      if (name in target) return target[name as keyof ServerRoomContext];
      throw new Error(`the test did not expect the room to ask for ${String(name)}`);
    },
  });
}
