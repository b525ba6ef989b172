import type { RuleSummary } from '@demarc/platform/contract/detection';

/** Whose a rule is. */
export const ORIGIN_WORDS: Readonly<Record<RuleSummary['origin'], string>> = {
  shipped: 'Shipped',
  provider: 'Provider’s',
  tenant: 'Your own',
};
