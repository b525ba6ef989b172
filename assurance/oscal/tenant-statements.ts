/** One duty of one control in the tenant's plan: every party that has it on some asset, and what is nobody's. */
import type { Duty, DutyOwnership } from '@demarc/platform/contract/api';
import type { Control } from '../catalogue/catalogue.ts';
import type { AssessedCell } from '../evaluation/assessment.ts';
import { worst } from '../rules/dependency.ts';
import { type ExportContext, partiesOf, statementId } from './context.ts';
import { offersOf, providedUuid, responsibilityUuid } from './provider-side.ts';
import {
  entitlementUuid,
  leveragedPlatformUuid,
  partyComponentUuid,
  tenantStatementUuid,
} from './tenant-ids.ts';
import { instant, type Node, prop, uuidOf } from './words.ts';

/** More reasons than these are counted, not listed. */
const REASONS_MAX = 10;

interface Share {
  readonly componentUuid: string;
  readonly party: string | undefined;
  /** The service, or `platform`, that the provider has it by. */
  readonly by: string | undefined;
  readonly cells: { readonly cell: AssessedCell; readonly duty: DutyOwnership }[];
}

export function statementOf(
  context: ExportContext,
  control: Control,
  duty: Duty,
  at: number,
  cells: readonly AssessedCell[],
): Node {
  const { tenantId } = context.assessment;
  const shares = new Map<string, Share>();
  for (const cell of cells) {
    const owned = cell.cell.duties[at];
    if (owned === undefined) continue;
    for (const share of sharesOf(context, owned)) {
      const known = shares.get(share.componentUuid);
      if (known === undefined) shares.set(share.componentUuid, { ...share, cells: [{ cell, duty: owned }] });
      else known.cells.push({ cell, duty: owned });
    }
  }
  return {
    'statement-id': statementId(control.id, duty),
    uuid: tenantStatementUuid(tenantId, control.id, duty),
    props: [prop('duty', duty)],
    'by-components': [...shares.values()].map((share) =>
      byComponent(context, control, duty, share, cells.length),
    ),
  };
}

function sharesOf(context: ExportContext, owned: DutyOwnership): readonly Omit<Share, 'cells'>[] {
  const { tenantId, standing } = context.assessment;
  const nobody = { componentUuid: context.systemUuid, party: undefined, by: undefined };
  if (owned.state !== 'owned' || owned.party === null) return [nobody];
  return partiesOf(owned.party).map((party) => {
    if (party === 'customer') return { componentUuid: context.systemUuid, party, by: undefined };
    const entitlement =
      owned.by === 'entitlement'
        ? [...standing.entitlements.values()].find(({ recordId }) => recordId === owned.recordId)
        : undefined;
    if (entitlement !== undefined)
      return {
        componentUuid: entitlementUuid(tenantId, entitlement.entitlementId),
        party,
        by: entitlement.serviceId,
      };
    return party === 'provider'
      ? { componentUuid: leveragedPlatformUuid(tenantId), party, by: 'platform' }
      : { componentUuid: partyComponentUuid(tenantId, party), party, by: undefined };
  });
}

function byComponent(
  context: ExportContext,
  control: Control,
  duty: Duty,
  share: Share,
  applicableCount: number,
): Node {
  const { tenantId, catalogue } = context.assessment;
  const offers = offersOf(control, duty, catalogue);
  const key = [tenantId, control.id, duty, share.componentUuid];
  // The component of the tenant stands for what is ours and for what is nobody's: both are said.
  const states = [...new Set(share.cells.map(({ duty: { state } }) => state))].sort();
  const parties = new Set(
    share.cells.flatMap(({ duty: { state, party } }) => (state === 'owned' ? partiesOf(party) : [])),
  );
  const ours = share.componentUuid === context.systemUuid && parties.has('customer');
  const isProvided =
    share.party === 'provider' &&
    (share.by === 'platform' ? offers.platform : offers.services.some(({ id }) => id === share.by));
  return {
    'component-uuid': share.componentUuid,
    uuid: uuidOf('tenant-by-component', ...key),
    description: `${states.join(' and ')}, on ${share.cells.length} of ${applicableCount}.`,
    props: [
      ...states.map((state) => prop('duty-state', state)),
      ...(share.componentUuid === context.systemUuid
        ? ours
          ? [prop('party', 'customer')]
          : []
        : [prop('party', share.party ?? '')]),
      ...unique(share.cells.map(({ duty: { by } }) => by)).map((by) => prop('decided-by', by)),
      ...unique(share.cells.flatMap(({ duty: { recordId } }) => (recordId === null ? [] : [recordId]))).map(
        (record) => prop('record', record),
      ),
      ...since(context, share),
      ...unique(
        share.cells.flatMap(({ duty: { flags } }) => flags.filter((flag) => flag.startsWith('pending:'))),
      ).map((flag) => prop('waiting', flag)),
      ...(share.cells.length === applicableCount
        ? []
        : share.cells.map(({ cell: { asset } }) => prop('asset-id', asset.assetId))),
    ],
    'implementation-status': { state: implementationState(share) },
    inherited:
      share.party !== 'provider'
        ? []
        : [
            {
              uuid: uuidOf('inherited', ...key),
              ...(isProvided ? { 'provided-uuid': providedUuid(control.id, duty, share.by ?? '') } : {}),
              description: `The provider has the duty to ${duty}.`,
              props: [prop('duty', duty)],
            },
          ],
    satisfied: ours
      ? [
          {
            uuid: uuidOf('satisfied', ...key),
            ...(offers.customer || !offers.platform
              ? { 'responsibility-uuid': responsibilityUuid(control.id, duty) }
              : {}),
            description: `The customer has the duty to ${duty}.`,
            props: [prop('duty', duty)],
          },
        ]
      : [],
    remarks: reasons(share),
  };
}

function implementationState({ cells }: Share): string {
  const status = worst(cells.map(({ cell }) => cell.state.effective));
  if (status === 'satisfied') return 'implemented';
  if (status === 'not-applicable') return 'not-applicable';
  return status === 'partially-satisfied' ? 'partial' : 'planned';
}

function reasons({ cells }: Share): string {
  const said = unique(cells.map(({ duty: { because } }) => because));
  const more = said.length - REASONS_MAX;
  return [...said.slice(0, REASONS_MAX), ...(more > 0 ? [`and ${more} more reasons`] : [])].join('; ');
}

/** From when the earliest of them has it, where a record says so. */
function since(context: ExportContext, { cells }: Share): readonly Node[] {
  const { standing } = context.assessment;
  let first = Number.POSITIVE_INFINITY;
  for (const { cell, duty } of cells) {
    if (duty.by === 'default') first = Math.min(first, standing.scheduleAcceptedAtMs ?? first);
    for (const entitlement of standing.entitlements.values())
      if (entitlement.recordId === duty.recordId)
        first = Math.min(first, entitlement.assets.get(cell.asset.assetId)?.operationalAtMs ?? first);
    for (const claim of standing.claims.values())
      for (const { recordId, atMs } of claim.history)
        if (recordId === duty.recordId) first = Math.min(first, atMs);
  }
  return Number.isFinite(first) ? [prop('valid-from', instant(first))] : [];
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();
