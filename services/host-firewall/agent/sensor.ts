/** The thread that reads what rules log and which connections there are, from the room's side. */
import type { Worker } from 'node:worker_threads';
import type { AgentRoomContext } from '@demarc/platform/contract/agent';
import type { SensorMessage, SensorTask } from './sensor.worker.ts';

export type Seen = Extract<SensorMessage, { kind: 'seen' }>;
export type CanarySeen = Extract<SensorMessage, { kind: 'canary' }>;

interface Handlers {
  /** Counting goes on while it is at work; a few are sent before it is done, no more. */
  seen(seen: Seen): Promise<void>;
  canary(seen: CanarySeen): void;
}

const STOP_MS_MAX = 3_000;

export class Sensor {
  /** Why nothing is read; undefined while it is. */
  missing: string | undefined = 'it is starting';
  /** Why connections are not reported. */
  flowsMissing: string | undefined;
  /** It was started, or cannot be: `missing` says. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #control = new Int32Array(new SharedArrayBuffer(8));

  constructor(context: AgentRoomContext, task: Omit<SensorTask, 'control'>, handlers: Handlers) {
    this.#worker = context.spawnWorker('sensor', {
      ...task,
      control: this.#control.buffer as SharedArrayBuffer,
    } satisfies SensorTask);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#worker.on('message', (message: SensorMessage) => {
      switch (message.kind) {
        case 'ready':
          this.missing = undefined;
          this.flowsMissing = message.flowsMissing;
          resolve();
          break;
        case 'failed':
          this.missing = message.because;
          resolve();
          break;
        case 'canary':
          handlers.canary(message);
          break;
        case 'seen':
          handlers
            .seen(message)
            .catch((error: unknown) => context.log('what was seen is lost', { because: String(error) }))
            .finally(() => Atomics.sub(this.#control, 1, 1));
          break;
      }
    });
    this.#worker.once('error', (error) => {
      this.missing = error.message;
      resolve();
    });
    this.#worker.once('exit', () => {
      this.missing ??= 'its thread has ended';
      resolve();
    });
  }

  async stop(): Promise<void> {
    Atomics.store(this.#control, 0, 1);
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    if (this.missing === undefined) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_MS_MAX);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
    }
    await this.#worker.terminate();
  }
}
