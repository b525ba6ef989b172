/** Inherent risk, and the controls that effectively hold → residual risk. */
import type { ControlStatus } from '@demarc/platform/contract/api';

export interface RiskLevels {
  /** 1 to 5. */
  readonly likelihood: number;
  readonly impact: number;
}

export interface Mitigation {
  readonly reduces: 'likelihood' | 'impact';
  readonly steps: number;
  /** The control's effective status: the worst over the assets it applies to. */
  readonly status: ControlStatus;
}

const LEVEL_MIN = 1;

/**
 * Whole steps for a control that is satisfied, half of them for one that is in part; the sum is rounded down, so
 * that a single half changes nothing. All others reduce nothing, and no level falls below 1.
 */
export function residual(inherent: RiskLevels, mitigations: readonly Mitigation[]): RiskLevels {
  const less = (what: Mitigation['reduces']): number =>
    Math.floor(
      mitigations
        .filter(({ reduces }) => reduces === what)
        .reduce((sum, mitigation) => sum + stepsTaken(mitigation), 0),
    );
  return {
    likelihood: Math.max(LEVEL_MIN, inherent.likelihood - less('likelihood')),
    impact: Math.max(LEVEL_MIN, inherent.impact - less('impact')),
  };
}

/** What one control takes off by itself, before the sum is rounded down. */
export function stepsTaken({ steps, status }: Pick<Mitigation, 'steps' | 'status'>): number {
  return steps * shareOf(status);
}

function shareOf(status: ControlStatus): number {
  return status === 'satisfied' ? 1 : status === 'partially-satisfied' ? 0.5 : 0;
}

/** 1 to 25. */
export function scoreOf({ likelihood, impact }: RiskLevels): number {
  return likelihood * impact;
}

/** The scale of the workbook that the register came from: likelihood × impact / 5. */
export function sourceScoreOf(levels: RiskLevels): number {
  return scoreOf(levels) / 5;
}
