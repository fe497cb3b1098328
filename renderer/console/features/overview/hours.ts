import type { StackedColumn } from '../../../ui/charts/index.ts';

export interface Hour {
  from: string;
  verified: number;
  notVerified: number;
  refused: number;
}

/** Columns of the chart: one for each hour of a day, one for every six hours of a week. `tick` and `label` write a moment. */
export function columnsOf(
  hours: readonly Hour[],
  words: { tick(at: string): string; label(at: string): string },
): StackedColumn[] {
  const width = hours.length > 48 ? 6 : 1;
  return Array.from({ length: Math.ceil(hours.length / width) }, (_, index) => {
    const part = hours.slice(index * width, (index + 1) * width);
    const from = part[0]?.from ?? '';
    const sum = (of: (hour: Hour) => number) => part.reduce((total, hour) => total + of(hour), 0);
    return {
      label: words.label(from),
      tick: words.tick(from),
      values: [sum((hour) => hour.verified), sum((hour) => hour.notVerified), sum((hour) => hour.refused)],
    };
  });
}
