import { type CheckResult, checkNamed } from '../checks/index.ts';

/** Figures of a layer that move with the picture. */
const FIGURES = ['live', 'index', 'signal'];

/**
 * The results as API keys, webhooks and pages get them. A failed check has its sentence, the score 0 and no figures. Liveness is rounded to one decimal wherever it passed. In a refusal the
 * figures of the checks that passed are left out too.
 */
export function disclosedResults(results: readonly CheckResult[], verified: boolean): CheckResult[] {
  return results.map((result) => {
    const { skipped, pass } = result;
    const { disclosure } = checkNamed(result.check);
    if (disclosure === 'advice') return pass ? result : { ...result, score: 0 };
    const { details, ...plain } = result;
    if (!pass) return { ...plain, score: 0 };
    if (!verified) return { ...plain, ...(disclosure ? { score: oneDecimal(result.score) } : {}) };
    if (disclosure !== 'coarse') return result;
    return {
      ...plain,
      ...(skipped === undefined ? { score: oneDecimal(result.score) } : {}),
      ...(details === undefined ? {} : { details: withoutFigures(details) }),
    };
  });
}

function withoutFigures(details: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(details.layers)) return details;
  const layers = details.layers.map((layer: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(layer).filter(([name]) => !FIGURES.includes(name))),
  );
  return { ...details, layers };
}

const oneDecimal = (value: number): number => Math.round(value * 10) / 10;
