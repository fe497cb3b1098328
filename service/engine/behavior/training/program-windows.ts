import { mouseFeatures } from '../model/behavior-model.ts';
import { recordedPrograms } from './recorded-programs.ts';
import type { TrainingWindow } from './training-window.ts';

/** Programs of this project (test/bots), recorded in Chromium: what weights of a site’s own people are trained against. */
export const programWindows = (): TrainingWindow[] =>
  recordedPrograms.map(([generator, winMs, n, ...shape]) => ({
    ...{ label: 'bot', set: 'programs', person: generator, generator },
    data: {
      winMs,
      mouse: {
        ...{ n, eq: null },
        ...(Object.fromEntries(mouseFeatures.map((name, i) => [name, shape[i] ?? null])) as Record<
          (typeof mouseFeatures)[number],
          number | null
        >),
      },
    },
  }));
