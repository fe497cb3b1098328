import { useMemo } from 'react';
import * as format from './format.ts';
import { useLanguage } from './language.tsx';
import { uiStrings } from './ui-strings.ts';
import { useStrings } from './use-strings.ts';

/** Numbers, rates, sizes and times as the reader's locale writes them. */
export function useFormat() {
  const { locale } = useLanguage();
  const t = useStrings(uiStrings);
  return useMemo(
    () => ({
      count: (value: number) => format.formatCount(value, locale),
      percent: (share: number, digits?: number) => format.formatPercent(share, locale, digits),
      rate: (rate: number) => format.formatRate(rate, locale, (n) => t('oneIn', { n })),
      score: (score: number, threshold?: number) => format.formatScore(score, locale, threshold),
      bytes: (bytes: number) => format.formatBytes(bytes, locale),
      duration: (milliseconds: number) => format.formatDuration(milliseconds, locale),
      date: (moment: format.Moment) => format.formatDate(moment, locale),
      dateTime: (moment: format.Moment) => format.formatDateTime(moment, locale),
      absolute: (moment: format.Moment) => format.formatAbsolute(moment, locale),
      relative: (moment: format.Moment, now = Date.now()) => format.formatRelative(moment, now, locale),
    }),
    [locale, t],
  );
}
