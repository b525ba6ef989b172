/** Door: how a page of a room asks the API and sends to it. Only for what a browser runs. */
export { type Acting, useAct } from './use-act.ts';
export { useMachineNames } from './use-machine-names.ts';
export { type Paged, usePaged } from './use-paged.ts';
export { type Asked, useReply } from './use-reply.ts';
