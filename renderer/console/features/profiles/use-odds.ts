import { useCallback } from 'react';
import { useFormat } from '../../../ui/format/use-format.ts';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';

/** A rate that the form asks for as "1 in …", always written so. */
export function useOdds(): (rate: number) => string {
  const t = useStrings(uiStrings);
  const format = useFormat();
  return useCallback((rate) => t('oneIn', { n: format.count(Math.round(1 / rate)) }), [t, format]);
}
