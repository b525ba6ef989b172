/** Door: who somebody is and what they may do. */
export {
  type CertificateAuthority,
  type ClientIdentity,
  type IssuedCertificate,
  identityOfCertificate,
  openAuthority,
  type ServerCertificate,
} from './authority/authority.ts';
export { makeRequest } from './authority/request.ts';
export { identityErrors } from './errors.ts';
export { hashPassword, verifyPassword } from './passwords.ts';
export {
  can,
  type Grant,
  maySeeEveryTenant,
  maySeeTenant,
  type Principal,
  permissionsOf,
  speaksFor,
} from './permissions.ts';
export { hashToken, newToken } from './tokens.ts';
