import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { send } from '../../api/send.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { AddPicture } from './add-picture.tsx';
import type { ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { reviewStrings } from './strings.ts';

/** A sealed picture: asked for once while the page is open, since each look is in the audit log, and kept nowhere after that. */
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
  const env = useWorld();
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['review-picture', env, review.id, side],
    async queryFn({ signal }) {
      const url = new URL(`/api/admin/review/${review.id}/pictures/${side}`, location.origin);
      url.searchParams.set('env', env);
      return (await send(new Request(url, { signal }))).blob();
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const url = useObjectUrl(data);
  if (error) return <LoadFailed error={error} retry={() => void refetch()} />;
  return (
    <>
      {url !== undefined && <img src={url} className={styles.picture} alt={t('pictureOf', { name })} />}
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

function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
