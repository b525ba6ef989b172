/** Groups of fields that many events of the Security log share. */

/** Who did it. */
export const BY_SUBJECT = {
  SubjectUserName: 'actor.user.name',
  SubjectUserSid: 'actor.user.uid',
  SubjectDomainName: 'actor.user.domain',
  SubjectLogonId: 'actor.session.uid',
} as const;

/** With which program. */
export const BY_PROCESS = {
  ProcessName: 'actor.process.file.path',
  ProcessId: 'actor.process.pid',
} as const;

export const FROM_ADDRESS = { IpAddress: 'src_endpoint.ip', IpPort: 'src_endpoint.port' } as const;
