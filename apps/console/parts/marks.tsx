/** Status and party: shape, word and colour together, never colour alone. */
import type { ControlStatus } from '@demarc/platform/contract/api';
import type { GapKind } from '@demarc/platform/contract/assurance/responsibility';
import type { MarkProps } from '@demarc/platform/contract/console';
import { lookOf, partyWord } from './party.ts';

type Shape = MarkProps['shape'];

const STATUS: Readonly<Record<ControlStatus, readonly [word: string, colour: string, shape: Shape]>> = {
  satisfied: ['Holds', 'var(--d-holds)', 'full'],
  'partially-satisfied': ['Partly', 'var(--d-partly)', 'half'],
  'not-satisfied': ['Fails', 'var(--d-fails)', 'square'],
  'stale-evidence': ['Stale', 'var(--d-stale)', 'dashed'],
  'not-assessed': ['Unknown', 'var(--d-unknown)', 'hollow'],
  'not-applicable': ['Not applicable', 'var(--d-unknown)', 'dash'],
};

const HEALTH: Readonly<Record<string, readonly [string, string, Shape]>> = {
  healthy: ['Healthy', 'var(--d-holds)', 'full'],
  degraded: ['Degraded', 'var(--d-partly)', 'half'],
  failed: ['Failed', 'var(--d-fails)', 'square'],
  starting: ['Starting', 'var(--d-unknown)', 'dashed'],
  stopped: ['Off', 'var(--d-unknown)', 'hollow'],
  online: ['Online', 'var(--d-holds)', 'full'],
  silent: ['Silent', 'var(--d-fails)', 'dashed'],
  revoked: ['Revoked', 'var(--d-unknown)', 'square'],
  'never-seen': ['Never seen', 'var(--d-unknown)', 'hollow'],
};

function Glyph({ shape }: { readonly shape: Shape }) {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
    >
      {shape === 'full' ? <circle cx="6" cy="6" r="5" fill="currentColor" stroke="none" /> : null}
      {shape === 'half' ? (
        <>
          <circle cx="6" cy="6" r="5" />
          <path d="M6 1a5 5 0 0 1 0 10z" fill="currentColor" stroke="none" />
        </>
      ) : null}
      {shape === 'square' ? (
        <rect x="1" y="1" width="10" height="10" fill="currentColor" stroke="none" />
      ) : null}
      {shape === 'dashed' ? <circle cx="6" cy="6" r="5" strokeDasharray="2.6 2" /> : null}
      {shape === 'hollow' ? <circle cx="6" cy="6" r="5" /> : null}
      {shape === 'dash' ? <path d="M1 6h10" /> : null}
      {shape === 'hatched' ? <path d="M1 11 11 1M1 6l5-5M6 11l5-5" /> : null}
    </svg>
  );
}

export function Mark({ word, colour, shape }: MarkProps) {
  return (
    <span className="d-mark" style={{ color: colour }}>
      <Glyph shape={shape} />
      {word}
    </span>
  );
}

export function StatusMark({ status }: { readonly status: ControlStatus }) {
  const [word, colour, shape] = STATUS[status];
  return <Mark word={word} colour={colour} shape={shape} />;
}

export function HealthMark({ state }: { readonly state: string }) {
  const [word, colour, shape] = HEALTH[state] ?? [state, 'var(--d-unknown)', 'hollow'];
  return <Mark word={word} colour={colour} shape={shape} />;
}

/** One hue and one pattern a party, for print and for eyes that tell colours apart differently. */
export function PartyMark({ party, state }: { readonly party: string | null; readonly state: string }) {
  if (party === null) return <Mark word={partyWord(party, state)} colour="var(--d-nobody)" shape="hatched" />;
  return (
    <span className="d-party" title={partyWord(party)}>
      <i style={{ background: lookOf(party, state).background }} aria-hidden="true" />
      <span>{partyWord(party)}</span>
    </span>
  );
}

const GAPS: Readonly<Record<GapKind, readonly [word: string, colour: string, shape: Shape]>> = {
  failing: ['Fails', 'var(--d-fails)', 'square'],
  unowned: ['Nobody’s', 'var(--d-nobody)', 'hatched'],
  contested: ['Disputed', 'var(--d-nobody)', 'hatched'],
  stale: ['Stale', 'var(--d-stale)', 'dashed'],
  unknown: ['Unknown', 'var(--d-unknown)', 'hollow'],
  pending: ['Waiting', 'var(--d-stale)', 'half'],
  acceptance: ['Running out', 'var(--d-stale)', 'half'],
  exception: ['Exception', 'var(--d-unknown)', 'dash'],
};

export function GapMark({ kind }: { readonly kind: GapKind }) {
  const [word, colour, shape] = GAPS[kind];
  return <Mark word={word} colour={colour} shape={shape} />;
}

export const gapWord = (kind: GapKind): string => GAPS[kind][0];

export function statusWord(status: ControlStatus): string {
  return STATUS[status][0];
}
