/** Who decides, for the routes of the workbook and of the register. */
import { workbookErrors } from '@demarc/assurance/commands';
import type { FastifyRequest } from 'fastify';
import { LOCAL_OPERATOR_ID, principalOf } from '../guard.ts';

/**
 * Who decides: the account that is signed in, or whom the local command line names.
 *
 * @throws WORKBOOK_PERSON_FORBIDDEN when an account speaks for somebody else
 */
export function personOf(request: FastifyRequest, named: string | undefined): string {
  const { accountId, name } = principalOf(request);
  if (accountId === LOCAL_OPERATOR_ID) return named ?? '';
  if (named !== undefined && named !== name)
    throw workbookErrors.make('WORKBOOK_PERSON_FORBIDDEN', { person: named });
  return name;
}
