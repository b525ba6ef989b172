/** The System log, and PowerShell's two. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { type Family, type Fields, type Members, textOf, within } from '../family.ts';

function log(name: string, activity: number, nameOf: (fields: Fields) => string): Family {
  return {
    name,
    classUid: OCSF_CLASS.event_log_activity,
    activity,
    paths: { SubjectUserName: 'actor.user.name', SubjectDomainName: 'actor.user.domain' },
    complete: (event, fields) => {
      event['log_name'] = nameOf(fields);
    },
  };
}

/** The log that was cleared stands beside the log that says so. */
function clearedLog(fields: Fields): string {
  const Channel = fields.get('Channel');
  return Array.isArray(Channel) ? String(Channel.at(-1)) : String(Channel ?? 'System');
}

const STATES: Readonly<Record<string, number>> = { running: 3, stopped: 4, paused: 5 };

export const SYSTEM: Readonly<Record<string, Family>> = {
  104: log('log-clear', 1, clearedLog),
  6005: log('log-start', 6, () => 'System'),
  6006: log('log-stop', 7, () => 'System'),
  7036: {
    name: 'service-state',
    classUid: OCSF_CLASS.windows_service_activity,
    activity: (fields) => STATES[(textOf(fields, 'param2') ?? '').toLowerCase()] ?? 99,
    paths: { param1: 'win_service.name' },
  },
  7040: {
    name: 'service-start-type',
    classUid: OCSF_CLASS.windows_service_activity,
    activity: 2,
    paths: { param1: 'win_service.name', param3: 'win_service.service_start_type' },
  },
  7045: {
    name: 'service-install',
    classUid: OCSF_CLASS.windows_service_activity,
    activity: 1,
    paths: {
      ServiceName: 'win_service.name',
      ImagePath: 'win_service.cmd_line',
      AccountName: 'win_service.service_start_name',
      ServiceType: 'win_service.service_type',
      StartType: 'win_service.service_start_type',
    },
  },
};

const POWERSHELL_SCRIPT = 2;

function script(name: string, paths: Family['paths'], contentOf?: (fields: Fields) => string): Family {
  return {
    name,
    classUid: OCSF_CLASS.script_activity,
    activity: 1,
    paths,
    complete: (event, fields) => {
      const members = within(event, 'script');
      members['type_id'] = POWERSHELL_SCRIPT;
      if (contentOf !== undefined) members['script_content'] = { value: contentOf(fields) };
    },
  };
}

export const POWERSHELL: Readonly<Record<string, Family>> = {
  4103: script('powershell-module', { Payload: 'script.script_content.value' }),
  4104: script('powershell-script', {
    ScriptBlockText: 'script.script_content.value',
    ScriptBlockId: 'script.uid',
    Path: 'script.file.path',
  }),
};

const CONTENT_LENGTH_MAX = 65_536;

/** The first of the event's texts is what ran. */
function firstText(fields: Fields): string {
  const Data = fields.get('Data');
  const first = Array.isArray(Data) ? (Data as readonly unknown[])[0] : (Data ?? fields.get('Message'));
  return String(first ?? '').slice(0, CONTENT_LENGTH_MAX);
}

function engine(name: string, activity: number): Family {
  return {
    name,
    classUid: OCSF_CLASS.application_lifecycle,
    activity,
    paths: {},
    complete: (event: Members) => {
      event['app'] = { name: 'PowerShell', vendor_name: 'Microsoft' };
    },
  };
}

export const POWERSHELL_CLASSIC: Readonly<Record<string, Family>> = {
  400: engine('powershell-start', 3),
  403: engine('powershell-stop', 4),
  600: engine('powershell-provider', 3),
  800: script('powershell-pipeline', {}, firstText),
};
