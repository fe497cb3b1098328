import { type CheckName, checkNamed, checkNames, checksWithInput, type Rule } from '../../checks/index.ts';
import type { Models } from '../../models/index.ts';

type PadPoint = { score: number; apcer: number; bpcer: number; worst?: { species: string; apcer: number } };

/** What a profile can ask for: every check, and what was measured of those that models judge. */
export interface CheckCatalog {
  checks: {
    name: CheckName;
    /** Absent: that of the PAD set that the profile runs. */
    maturity?: 'proven' | 'experimental';
    defaultRule: Rule;
    /** It waits for something that the caller sends, so that a rule may say `whenMissing`. */
    takesInput: boolean;
  }[];
  /** Those that can be used now; the first is used where a profile names none. */
  padSets: {
    id: string;
    name: string;
    maturity: string;
    data?: string;
    date?: string;
    /** By rising live score: what passes and what is refused at a threshold. */
    points: PadPoint[];
  }[];
}

export const createCheckCatalog =
  ({ models }: { models: Pick<Models, 'current'> }) =>
  (): CheckCatalog => ({
    checks: checkNames.map((name) => {
      const { maturity, defaultRule } = checkNamed(name);
      return { name, ...(maturity && { maturity }), defaultRule, takesInput: checksWithInput.includes(name) };
    }),
    padSets: models.current().padSets.map(({ id, name, maturity, thresholds, accuracy }) => ({
      id,
      name,
      maturity,
      ...(accuracy[0] && { data: accuracy[0].data, date: accuracy[0].date }),
      points: [thresholds.half, thresholds.apcer5, thresholds.apcer10]
        .filter((point) => point !== undefined)
        .map(({ score, apcer, bpcer, worst }) => ({ score, apcer, bpcer, ...(worst && { worst }) }))
        .toSorted((a, b) => a.score - b.score),
    })),
  });
