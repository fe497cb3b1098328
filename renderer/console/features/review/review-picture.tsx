import { useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { StoredPicture } from '../../stored-picture.tsx';
import { AddPicture } from './add-picture.tsx';
import type { ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { reviewStrings } from './strings.ts';

export function ReviewPicture({
  review,
  side,
  name,
}: {
  review: ShownReview;
  side: 'new' | 'known';
  name: string;
}) {
  const t = useStrings(reviewStrings);
  const [adding, setAdding] = useState(false);
  return (
    <>
      <StoredPicture
        path={`/api/admin/review/${review.id}/pictures/${side}`}
        alt={t('pictureOf', { name })}
        className={styles.picture!}
      />
      {side === 'known' && (
        <div className={styles.verdict}>
          <KnownVerdict review={review} name={name} />
          {review.state === 'open' && (
            <Button small onClick={() => setAdding(true)}>
              {t('otherPicture')}
            </Button>
          )}
        </div>
      )}
      {adding && <AddPicture review={review} close={() => setAdding(false)} />}
    </>
  );
}

/** Whether the added picture shows the person that it is meant to show. */
function KnownVerdict({ review: { likeness }, name }: { review: ShownReview; name: string }) {
  const t = useStrings(reviewStrings);
  const added = likeness.knownPicture;
  if (added?.likeKnown === undefined) return null;
  return (
    <Badge kind={added.likeKnown ? 'ok' : 'bad'}>
      {t(added.likeKnown ? 'isKnown' : 'isNotKnown', { name })}
    </Badge>
  );
}
