import { defineErrors, entry } from '@demarc/platform/errors';

export const agentErrors = defineErrors({
  AGENT_NOT_ENROLLED: entry<{ directory: string }>({
    says: ({ directory }) => `This machine is not enrolled (${directory} holds no identity).`,
    fix: 'Make a token with ./demarc enroll-token create and run the line it prints here, as root.',
    status: 409,
    retryable: false,
  }),
  AGENT_TOKEN_MALFORMED: entry<Record<string, never>>({
    says: () => 'That is not an enrolment token.',
    fix: 'Copy the whole token as ./demarc enroll-token create printed it.',
    status: 400,
    retryable: false,
  }),
  AGENT_SERVER_NOT_TRUSTED: entry<{ server: string }>({
    says: ({ server }) =>
      `${server} is not the platform this token was made by: its authority has another fingerprint.`,
    fix: 'Check the address. If it is right, somebody stands between this machine and the server.',
    status: 502,
    retryable: false,
  }),
  AGENT_REFUSED: entry<{ code: string; detail: string }>({
    says: ({ code, detail }) => `The server refused: ${detail} (${code})`,
    fix: 'Do what the message says; a revoked machine is enrolled again with a new token.',
    status: 403,
    retryable: false,
  }),
  AGENT_USAGE: entry<{ because: string }>({
    says: ({ because }) => because,
    fix: 'demarc-agent enroll --server https://HOST:8421 --token-file FILE | run | status [--json]',
    status: 400,
    retryable: false,
  }),
  AGENT_NOT_RUNNING: entry<{ directory: string }>({
    says: ({ directory }) => `The agent is not running (${directory} has no fresh status).`,
    fix: 'Start it: systemctl start demarc-agent, or without systemd: demarc-agent run',
    status: 503,
    retryable: true,
  }),
});
