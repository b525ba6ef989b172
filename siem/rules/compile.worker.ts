/** Compiles rules beside the server: a public rule set takes seconds, and whoever sends events waits for none of them. */
import { parentPort } from 'node:worker_threads';
import type { CorrelationRule, RuleMemory } from '@demarc/platform/sigma';
import { tablesOf } from './compile.ts';
import type { CompileAnswer, CompileRequest } from './compile-worker.ts';

const port = parentPort;
if (port === null) throw new Error('this module is a worker');

port.on('message', ({ files, beside }: CompileRequest) => {
  const answer = answerTo(files, beside);
  port.postMessage(answer, 'tables' in answer ? [answer.tables.memory.buffer] : []);
});

port.postMessage('ready');

/** A set is mostly what it was before, and reading YAML is most of the work. */
const memory: RuleMemory<CorrelationRule> = new Map();

function answerTo(files: CompileRequest['files'], beside: CompileRequest['beside']): CompileAnswer {
  try {
    return tablesOf(files, beside, memory);
  } catch (error) {
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
