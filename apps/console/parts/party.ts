/** One hue and one pattern a party, for print and for eyes that tell colours apart differently. Pure. */

export interface Look {
  /** As a CSS background. */
  readonly background: string;
  /** As an SVG fill: the id of a pattern of `StackPatterns`. */
  readonly pattern: 'provider' | 'joint' | 'customer' | 'ams' | 'third' | 'contested' | 'unowned';
}

const stripes = (angle: number, colour: string, on: number, off: number): string =>
  `repeating-linear-gradient(${angle}deg, var(${colour}) 0 ${on}px, transparent ${on}px ${on + off}px)`;

const LOOKS: Readonly<Record<Look['pattern'], string>> = {
  provider: 'var(--d-provider)',
  joint: 'linear-gradient(135deg, var(--d-provider) 50%, var(--d-customer) 50%)',
  customer: stripes(45, '--d-customer', 3, 2),
  ams: `radial-gradient(var(--d-ams) 1.6px, transparent 1.8px) 0 0 / 5px 5px`,
  third: stripes(90, '--d-third', 2, 2),
  contested: `${stripes(45, '--d-nobody', 1, 4)}, ${stripes(-45, '--d-nobody', 1, 4)}`,
  unowned: stripes(-45, '--d-nobody', 1, 3),
};

/** @param party `provider+customer` for what two hold together; null with a state for what nobody has */
export function lookOf(party: string | null, state: string): Look {
  const pattern = patternOf(party, state);
  return { pattern, background: LOOKS[pattern] };
}

function patternOf(party: string | null, state: string): Look['pattern'] {
  if (party === null) return state === 'contested' ? 'contested' : 'unowned';
  if (party.includes('+')) return 'joint';
  return party === 'provider' || party === 'customer' || party === 'ams' ? party : 'third';
}

const NAMES: Readonly<Record<string, string>> = {
  ams: 'AMS team',
  unowned: 'Nobody’s',
  contested: 'Disputed',
};

/** `Provider + Customer`; a registered party by its id, unless its name is known. */
export function partyWord(
  party: string | null,
  state = 'owned',
  names?: ReadonlyMap<string, string>,
): string {
  if (party === null) return state === 'contested' ? 'Disputed' : 'Nobody’s';
  return party
    .split('+')
    .map((one) => names?.get(one) ?? NAMES[one] ?? one.charAt(0).toUpperCase() + one.slice(1))
    .join(' + ');
}
