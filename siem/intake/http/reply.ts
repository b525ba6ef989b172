/** What a request is answered, as its protocol says it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DemarcError, toProblem } from '@demarc/platform/errors';
import type { Answer, IntakeRequest } from './answer.ts';
import { elasticError, isBulk, PRODUCT } from './elastic.ts';
import { hecError, hecRoute } from './hec.ts';
import { isProtobuf, PROTOBUF, statusInProtobuf } from './otlp.ts';

const RETRY_SECONDS = 2;

type Protocol = 'elastic' | 'hec' | 'otlp' | 'plain';

/** An error in the words of the protocol that the request is of. */
export function failure(request: IntakeRequest, error: unknown): Answer {
  const status = error instanceof DemarcError ? error.status : 500;
  const says = error instanceof DemarcError ? error.message : 'The server failed; its log says why.';
  const isRetryable = error instanceof DemarcError ? error.retryable : true;
  const headers = isRetryable ? { 'retry-after': String(RETRY_SECONDS) } : {};
  // 507 is not a status that senders retry at.
  const told = status === 507 ? 503 : status;
  switch (protocolOf(request)) {
    case 'elastic':
      return { status: told, headers: { ...headers, ...PRODUCT }, body: elasticError(told, says) };
    case 'hec':
      return { status: told === 429 ? 503 : told, headers, body: hecError(told) };
    case 'otlp':
      if (isProtobuf(request)) return { status: told, headers, type: PROTOBUF, body: statusInProtobuf(says) };
      return { status: told, headers, body: { message: says } };
    case 'plain':
      if (error instanceof DemarcError)
        return { status, headers, type: 'application/problem+json', body: toProblem(error) };
      return { status, headers, body: { detail: says } };
  }
}

export function send(incoming: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const { body } = answer;
  const bytes =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // A body that was refused half-way is not worth reading to its end.
  const isUnread = !incoming.complete;
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'application/json',
    'content-length': bytes.length,
    ...answer.headers,
    ...(isUnread ? { connection: 'close' } : {}),
  });
  response.end(incoming.method === 'HEAD' ? undefined : bytes);
}

function protocolOf(request: IntakeRequest): Protocol {
  if (hecRoute(request) !== undefined) return 'hec';
  if (request.path === '/v1/logs') return 'otlp';
  if (request.path === '/' || isBulk(request) || request.path.startsWith('/_')) return 'elastic';
  return 'plain';
}
