/** Door: processes as the kernel tells of them, and their command lines without what must not travel. */
export { ProcConnector, type ProcessEvents } from './proc-connector.ts';
export { redact, redactCommandLine } from './redact.ts';
