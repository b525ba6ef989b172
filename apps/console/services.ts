/** The rooms' pages. An eighth service is one folder and one line here. */
import { fileIntegrityMonitoringConsole } from '@demarc/file-integrity-monitoring/console';
import type { ConsoleRoom } from '@demarc/platform/contract/console';

export const ROOMS: readonly ConsoleRoom[] = [fileIntegrityMonitoringConsole];
