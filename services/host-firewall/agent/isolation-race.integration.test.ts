/**
 * An isolation that comes or goes while a policy is on trial, with the room, the real nftables and a peer: at every
 * sampled instant the platform is reached, afterwards the rules are the expected ones, and nothing of it is left.
 * Needs root.
 */
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Pair, PEER_ADDRESS } from '../testing/namespace.ts';
import { listen, PATIENCE_MS, RoomAgent, SERVER_PORT, withPair } from '../testing/room-agent.ts';
import { digestOf } from './digest.ts';

const SAMPLE = fileURLToPath(new URL('../testing/sample.py', import.meta.url));
/** Nobody's friend: reached when the machine is not isolated, and never while it is. */
const STRANGER = '10.99.0.3';
/** On the allow-list of the second policy only. */
const FRIEND = '10.99.0.4';
const ISOLATED_SECONDS = 600;
const ROUNDS = 8;
/** A trial and its confirmation take some hundred milliseconds where nobody else needs the processors. */
const OFFSET_MS_MAX = 1_200;
/** The shortest of these takes a second; a busy machine samples less often, and each sample counts all the same. */
const SAMPLES_MIN = 10;

const before = { mode: 'inline', checkSeconds: 5, confirmSeconds: 60 };
const MARK = 4_242;
const after = {
  ...before,
  allowList: [{ id: 'friend', peer: FRIEND, why: 'a test' }],
  rules: [{ id: 'mark', direction: 'in', action: 'deny', protocol: 'tcp', destinationPorts: [MARK] }],
};

interface Scene {
  readonly pair: Pair;
  readonly agent: RoomAgent;
  /** Nobody listens any more: trials stay open until somebody does again. */
  platformGoes(): Promise<void>;
  platformComes(): Promise<void>;
  /** The platform goes, and `after` is loaded and not confirmed: what becomes of it is still open. */
  trial(digest: string): Promise<{ readonly applied: ReturnType<RoomAgent['apply']> }>;
  isolate(): Promise<void>;
  lift(): Promise<void>;
  rules(): string | undefined;
}

/** A machine on which `after` and then `before` were confirmed, and the digests of both. */
async function scene(
  work: (scene: Scene, digests: { readonly before: string; readonly after: string }) => Promise<void>,
): Promise<void> {
  await withPair(async (pair, directory, platform) => {
    using agent = new RoomAgent(pair, directory);
    for (const address of [STRANGER, FRIEND])
      pair.inside('peer', ['ip', 'address', 'add', `${address}/24`, 'dev', `${pair.peer}0`]);
    let serving = platform;
    const made: Scene = {
      pair,
      agent,
      async platformGoes() {
        const gone = new Promise((resolve) => serving.once('exit', resolve));
        serving.kill('SIGKILL');
        await gone;
      },
      async platformComes() {
        serving = await listen(pair, 'peer', SERVER_PORT);
      },
      async trial(digest) {
        await made.platformGoes();
        const applied = agent.apply(after);
        await until(() => made.rules() === digest);
        return { applied };
      },
      isolate: async () => void (await agent.ask('isolate', [[], ISOLATED_SECONDS])),
      lift: async () => void (await agent.ask('isolate', [null, 0])),
      rules: () => {
        try {
          return digestOf(pair.inside('host', ['nft', '-j', 'list', 'table', 'inet', 'demarc']));
        } catch {
          return undefined;
        }
      },
    };
    const confirmed = async (policy: object): Promise<string> => {
      const health = await agent.apply(policy);
      if (health.state !== 'healthy') throw new Error(health.because);
      return made.rules() ?? '';
    };
    await work(made, { after: await confirmed(after), before: await confirmed(before) });
  });
}

type Sampled = () => Promise<{ readonly count: number; readonly closed: readonly string[] }>;

/** Samples the way to the platform, from now until it is asked for what it saw. */
async function sampled({ pair }: Scene): Promise<Sampled> {
  const child = pair.start('host', ['python3', SAMPLE, PEER_ADDRESS, String(SERVER_PORT)], 'pipe');
  if (child.stdout === null) throw new Error('a pipe was asked for');
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await until(() => lines.length > 0);
  return async () => {
    // A machine with much to do gives the sampler few turns.
    await until(() => lines.length >= SAMPLES_MIN);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
    return { count: lines.length, closed: lines.filter((line) => !line.includes(' open ')) };
  };
}

function isReached({ inside, hostAddress }: Pair, from: string): boolean {
  try {
    inside('peer', ['ping', '-c', '1', '-W', '1', '-I', from, hostAddress]);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; await sleep(50)) if (holds()) return;
  throw new Error('it never came to be so');
}

const isIsolated = ({ pair }: Scene): boolean =>
  pair.inside('host', ['nft', 'list', 'tables']).includes('isolation');

async function alwaysReached(t: TestContext, stop: Sampled): Promise<void> {
  const { count, closed } = await stop();
  t.diagnostic(`the platform was reached ${count - closed.length} of ${count} times`);
  t.assert.deepEqual(closed, []);
  t.assert.ok(count >= SAMPLES_MIN, `${count} samples`);
}

test('isolated during a trial: it holds over the confirmation, with the new allow-list, and ends without a trace', async (t: TestContext) => {
  await scene(async (here, digests) => {
    const stop = await sampled(here);
    const { applied } = await here.trial(digests.after);
    await here.isolate();
    t.assert.equal(isReached(here.pair, STRANGER), false);
    t.assert.equal(isReached(here.pair, FRIEND), false, 'what is not confirmed allows nobody');
    await here.platformComes();
    t.assert.equal((await applied).state, 'healthy');
    t.assert.equal(isReached(here.pair, STRANGER), false, 'rules that are confirmed lift no isolation');
    t.assert.equal(isReached(here.pair, FRIEND), true, 'the allow-list always wins');
    await here.lift();
    t.assert.equal(isIsolated(here), false);
    t.assert.equal(isReached(here.pair, STRANGER), true);
    t.assert.equal(here.rules(), digests.after);
    await alwaysReached(t, stop);
  });
});

test('isolated before a trial and lifted during it: the confirmation does not bring it back', async (t: TestContext) => {
  await scene(async (here, digests) => {
    const stop = await sampled(here);
    await here.isolate();
    const { applied } = await here.trial(digests.after);
    t.assert.equal(isReached(here.pair, STRANGER), false);
    await here.lift();
    t.assert.equal(isReached(here.pair, STRANGER), true);
    await here.platformComes();
    const health = await applied;
    t.assert.equal(health.state, 'healthy');
    t.assert.doesNotMatch(health.because, /isolated/);
    t.assert.equal(isIsolated(here), false);
    t.assert.equal(here.rules(), digests.after);
    await alwaysReached(t, stop);
  });
});

test('isolated during a trial that is taken back: the old rules, isolated all the while, and nothing left at its end', async (t: TestContext) => {
  await scene(async (here, digests) => {
    const stop = await sampled(here);
    const { applied } = await here.trial(digests.after);
    await here.isolate();
    t.assert.equal((await applied).state, 'degraded');
    t.assert.equal(here.rules(), digests.before);
    t.assert.equal(isReached(here.pair, STRANGER), false);
    await here.lift();
    t.assert.equal(isIsolated(here), false);
    t.assert.equal(isReached(here.pair, STRANGER), true);
    t.assert.equal(here.rules(), digests.before);
    await alwaysReached(t, stop);
  });
});

test('lifted at the very moment at which a confirmation isolates again: it stays lifted, at the next one too', async (t: TestContext) => {
  await scene(async (here, digests) => {
    const stop = await sampled(here);
    await here.isolate();
    await here.agent.ask('lift-during-isolation');
    await here.agent.apply(after);
    await until(() => !isIsolated(here));
    const health = await here.agent.apply({ ...after, checkSeconds: 6 });
    t.assert.doesNotMatch(health.because, /isolated/);
    await here.agent.apply(before);
    t.assert.equal(isIsolated(here), false);
    t.assert.equal(isReached(here.pair, STRANGER), true);
    t.assert.equal(here.rules(), digests.before);
    await alwaysReached(t, stop);
  });
});

test('isolated and lifted at any moment of a trial and its confirmation: what was asked last is what is', async (t: TestContext) => {
  await scene(async (here, digests) => {
    const stop = await sampled(here);
    let state = digests.before;
    for (let round = 0; round < ROUNDS; round += 1) {
      const policy = state === digests.before ? after : before;
      // Half of the rounds begin isolated and lift it, the others begin open.
      const isLast = round % 2 === 0;
      if (!isLast) await here.isolate();
      const [health] = await Promise.all([
        here.agent.apply(policy),
        sleep(randomInt(OFFSET_MS_MAX)).then(() => (isLast ? here.isolate() : here.lift())),
      ]);
      state = state === digests.before ? digests.after : digests.before;
      t.assert.equal(health.state, 'healthy', health.because);
      t.assert.equal(isIsolated(here), isLast, `round ${round}`);
      t.assert.equal(here.rules(), state, `round ${round}`);
      t.assert.equal(isReached(here.pair, STRANGER), !isLast, `round ${round}`);
      // What the room believes must be what is: the next confirmation acts on it.
      const { because } = (await here.agent.ask('health')) as { readonly because: string };
      t.assert.equal(/isolated/.test(because), isLast, `round ${round}: ${because}`);
      if (isLast) await here.lift();
    }
    t.assert.equal(isIsolated(here), false);
    await alwaysReached(t, stop);
  });
});
