import { IconClock } from '@tabler/icons-react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Review } from './open-reviews.ts';
import { reviewStrings } from './strings.ts';

/** Where an item stands; of a decided one what was decided. */
export function ReviewState({ review: { state, decided, votes } }: { review: Review }) {
  const t = useStrings(reviewStrings);
  switch (state) {
    case 'open':
      return (
        <Badge kind="warn" icon={IconClock}>
          {votes.length > 0 ? t('votes', { count: votes.length }) : t('waiting')}
        </Badge>
      );
    case 'decided':
      return (
        <Badge kind={decided?.decision === 'same-person' ? 'info' : 'ok'}>
          {t(decided?.decision ?? 'decided')}
        </Badge>
      );
    case 'expired':
      return <Badge kind="outline">{t('expired')}</Badge>;
    default:
      return state satisfies never;
  }
}
