import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../../service/cli/terminal/terminal.ts';
import type { Weights } from '../../service/engine/matching/challenges/weighing/weigh.ts';
import shipped from '../../service/engine/matching/challenges/weighing/weights.json' with { type: 'json' };
import { fitWeights, leftOut, separations } from './fit.ts';
import { fitted, type Sample } from './samples.ts';

const file = join(import.meta.dirname, '../../service/engine/matching/challenges/weighing/weights.json');
const species = Object.keys(fitted);

/** Fits the weights, writes them where the product reads them, and prints what separates and how far each source lies from the limits. */
export function fitAnew(samples: readonly Sample[], terminal: Terminal): void {
  const found = separations(samples, species).map(({ auc, living, attack, width, ...rest }) => ({
    ...rest,
    auc: digits(auc),
    living: digits(living),
    attack: digits(attack),
    width: digits(width),
  }));
  const margins = [...leftOut(samples, species)].map(([{ kind, source }, ratios]) => {
    const sorted = ratios.toSorted((a, b) => a - b);
    return {
      kind,
      source,
      attempts: sorted.length,
      least: digits(sorted[0]!),
      median: digits(sorted[sorted.length >> 1]!),
    };
  });
  terminal.answer(JSON.stringify({ separations: found, margins }));
  const { species: _, ...limits } = shipped;
  writeFileSync(file, `${JSON.stringify(fitWeights(samples, species, limits), null, 2)}\n`);
}

/** For each living person the weights that the others give. */
export function withoutEach(samples: readonly Sample[]): (id: string) => Weights {
  const { species: _, ...limits } = shipped;
  const known = new Map<string, Weights>();
  return (id) => {
    const weights =
      known.get(id) ??
      fitWeights(
        samples.filter(({ source }) => source !== id),
        species,
        limits,
      );
    known.set(id, weights);
    return weights;
  };
}

const digits = (value: number): number => Number(value.toPrecision(3));
