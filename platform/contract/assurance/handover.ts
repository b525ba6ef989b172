/** Buying and cancelling as the API has it: simulations before the act, hand-overs after it. */
import * as z from 'zod';
import { Duty, Instant } from '../api.ts';

const Id = z.string().min(1).max(128);
const Party = z.string().min(1).max(128);
const Word = z.string().max(4_000);

/** Of a list that may be long: so many are shown, and how many there are is said. */
const bounded = <Item extends z.ZodType>(item: Item, max: number) =>
  z.strictObject({ total: z.int().min(0), shown: z.array(item).max(max) });

export const LINES_MAX = 500;
export const GROUPS_MAX = 400;
export const ASSETS_SHOWN_MAX = 200;

/** One duty of one control on one asset; `nobody` and `disputed` stand where no party has it. */
export const DutyMove = z.strictObject({
  controlId: z.string(),
  duty: Duty,
  assetId: z.string(),
  assetName: z.string(),
  from: Party,
  to: Party,
  /** Null: with the first passing evidence. */
  at: Instant.nullable(),
  because: Word,
});
export type DutyMove = z.infer<typeof DutyMove>;

/** The same over all assets. */
export const DutyGroup = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  duty: Duty,
  from: Party,
  to: Party,
  assetCount: z.int().min(1),
  because: Word,
});
export type DutyGroup = z.infer<typeof DutyGroup>;

const Moves = z.strictObject({
  groups: bounded(DutyGroup, GROUPS_MAX),
  lines: bounded(DutyMove, LINES_MAX),
});

/** How the estate would stand; shares of 1, with what they are of. */
export const Outlook = z.strictObject({
  key: z.enum(['now', 'operational', 'evidenced', 'ended']),
  says: z.string(),
  score: z.number().nullable(),
  coverage: z.number().nullable(),
  satisfied: z.int(),
  assessed: z.int(),
  applicable: z.int(),
});
export type Outlook = z.infer<typeof Outlook>;

export const RiskOutlook = z.strictObject({
  riskId: z.string(),
  title: z.string(),
  /** 1 to 25, as the next ones: one for each outlook, in their order. */
  inherent: z.int(),
  residual: z.array(z.int()).max(4),
  aboveAppetite: z.array(z.boolean()).max(4),
});
export type RiskOutlook = z.infer<typeof RiskOutlook>;

export const SimulatePurchase = z.strictObject({
  serviceId: z.string().min(1).max(64),
  tier: z.string().min(1).max(32).default('managed'),
  assetIds: z.array(Id).max(10_000).default([]),
  scope: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('tenant') }),
      z.strictObject({ kind: z.literal('group'), groupId: Id }),
    ])
    .optional(),
  /** The customer's prerequisites that are met. */
  prerequisites: z.array(z.string().max(1_000)).max(50).default([]),
});
export type SimulatePurchase = z.input<typeof SimulatePurchase>;

export const PurchaseSimulation = z.strictObject({
  asOf: Instant,
  serviceId: z.string(),
  title: z.string(),
  tier: z.string(),
  assets: bounded(z.strictObject({ assetId: z.string(), name: z.string() }), ASSETS_SHOWN_MAX),
  prerequisites: z.array(z.strictObject({ text: z.string(), met: z.boolean() })).max(50),
  /** What the service promises to show; the first required pass on an asset moves the duties there. */
  promised: z
    .array(
      z.strictObject({ rule: z.string(), asserts: z.string(), required: z.boolean(), controlId: z.string() }),
    )
    .max(200),
  moves: Moves,
  /** What the tier would take and does not get, and why. */
  stays: bounded(DutyGroup, GROUPS_MAX),
  keeps: z
    .array(
      z.strictObject({
        controlId: z.string(),
        title: z.string(),
        /** In the catalogue's words. */
        keeps: z.string().nullable(),
        duties: z.array(Duty).max(4),
      }),
    )
    .max(200),
  /** Nobody's afterwards, too. */
  unowned: bounded(DutyMove, LINES_MAX),
  contested: bounded(DutyMove, LINES_MAX),
  outlook: z.array(Outlook).max(4),
  risks: bounded(RiskOutlook, 500),
});
export type PurchaseSimulation = z.infer<typeof PurchaseSimulation>;

export const HANDOVER_ITEM_STATES = ['open', 'proposed', 'taken', 'risk-accepted', 'lapsed'] as const;
export const HandoverItem = z.strictObject({
  itemId: z.string(),
  controlId: z.string(),
  title: z.string(),
  duty: Duty,
  from: z.string(),
  taker: z.string().nullable(),
  /** `lapsed`: that nobody has it was accepted until a date that has come. */
  state: z.enum(HANDOVER_ITEM_STATES),
  acceptedBy: z.string().nullable(),
  acceptedAt: Instant.nullable(),
  riskAcceptedUntil: Instant.nullable(),
  settledBy: z.string().nullable(),
  settledAt: Instant.nullable(),
});
export type HandoverItem = z.infer<typeof HandoverItem>;

export const SimulateCancellation = z.strictObject({
  entitlementId: Id,
  /** When it would end; the date of the notice, or now, where it is left out. */
  endsAt: Instant.optional(),
  /** Who would take all that is still open. */
  taker: Party.optional(),
  /** Or until when nobody would. */
  riskAcceptedUntil: Instant.optional(),
});
export type SimulateCancellation = z.input<typeof SimulateCancellation>;

export const CancellationSimulation = z.strictObject({
  asOf: Instant,
  entitlementId: z.string(),
  serviceId: z.string(),
  title: z.string(),
  tier: z.string(),
  endsAt: Instant,
  noticeGiven: z.boolean(),
  handoverId: z.string().nullable(),
  assets: bounded(z.strictObject({ assetId: z.string(), name: z.string() }), ASSETS_SHOWN_MAX),
  /** Each returned duty as the hand-over has it, with the takers asked for. */
  items: z.array(HandoverItem).max(GROUPS_MAX),
  /** With the takers chosen. */
  moves: Moves,
  /** With the takers chosen: nobody's from the end on. */
  unowned: bounded(DutyMove, LINES_MAX),
  /** If nobody took anything. */
  unownedWithoutTakers: Moves,
  contested: bounded(DutyMove, LINES_MAX),
  /** What the tenant has of this service's controls already, and goes on to have. */
  keeps: PurchaseSimulation.shape.keeps,
  outlook: z.array(Outlook).max(4),
  risks: bounded(RiskOutlook, 500),
  /** What keeps it from being confirmed. */
  blockedBy: z.array(z.string()).max(1_000),
});
export type CancellationSimulation = z.infer<typeof CancellationSimulation>;

export const GiveNotice = z.strictObject({ endsAt: Instant, reason: z.string().min(1).max(1_000) });
export type GiveNotice = z.input<typeof GiveNotice>;
export const WithdrawNotice = z.strictObject({ reason: z.string().max(1_000).default('') });

export const HANDOVER_SIDES = ['releasing', 'receiving'] as const;
export const HandoverSide = z.enum(HANDOVER_SIDES);

export const Handover = z.strictObject({
  handoverId: z.string(),
  entitlementId: z.string(),
  serviceId: z.string(),
  title: z.string(),
  tier: z.string(),
  direction: z.enum(['onboarding', 'offboarding']),
  /** `withdrawn`: the notice was; `complete`: settled, ticked and signed by both. */
  state: z.enum(['open', 'ready-to-sign', 'complete', 'withdrawn']),
  openedAt: Instant,
  /** When the duties move; an onboarding's move with the first passing evidence on each asset. */
  effectiveAt: Instant,
  endConfirmed: z.boolean(),
  ended: z.boolean(),
  assets: bounded(
    z.strictObject({ assetId: z.string(), name: z.string(), operationalAt: Instant.nullable() }),
    ASSETS_SHOWN_MAX,
  ),
  operationalCount: z.int().min(0),
  items: z.array(HandoverItem).max(GROUPS_MAX),
  checklist: z
    .array(
      z.strictObject({
        itemId: z.string(),
        text: z.string(),
        checkedBy: z.string().nullable(),
        checkedAt: Instant.nullable(),
      }),
    )
    .max(100),
  sides: z.strictObject({ releasing: z.array(z.string()), receiving: z.array(z.string()) }),
  signatures: z
    .array(
      z.strictObject({
        side: HandoverSide,
        party: z.string(),
        person: z.string(),
        at: Instant,
        recordId: z.string(),
      }),
    )
    .max(2),
  /** What keeps it from being signed, in words. */
  open: z.array(z.string()).max(600),
  /** SHA-256 of the record as the certificate has it. */
  digest: z.string(),
  changedAt: Instant,
});
export type Handover = z.infer<typeof Handover>;

export const HANDOVERS_MAX = 500;
/** The latest to change first, those that are open before all others. */
export const HandoverList = z.strictObject({
  asOf: Instant,
  total: z.int().min(0),
  handovers: z.array(Handover).max(HANDOVERS_MAX),
});
export type HandoverList = z.infer<typeof HandoverList>;

const Items = z.array(Id).min(1).max(400).optional();
export const SettleHandover = z.strictObject({
  /** All that are open where it is left out. */
  items: Items,
  taker: Party.optional(),
  riskAcceptedUntil: Instant.optional(),
});
export type SettleHandover = z.input<typeof SettleHandover>;
export const AcceptHandover = z.strictObject({ items: Items });
export const CheckHandover = z.strictObject({ items: Items });
export const SignHandover = z.strictObject({ side: HandoverSide, party: Party.optional() });
export type SignHandover = z.input<typeof SignHandover>;
