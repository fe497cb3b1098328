import { IconClock, IconPhotoOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { KeyValues } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { readers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { AddPicture } from './add-picture.tsx';
import type { ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { ReviewPicture } from './review-picture.tsx';
import { reviewStrings } from './strings.ts';

type Side = 'new' | 'known';

/** One of the two people: the picture, if there is one, and what is known of them. */
export function SideCard({ review, side, mayLook }: { review: ShownReview; side: Side; mayLook: boolean }) {
  const t = useStrings(reviewStrings);
  const person = review.people[side];
  const name = person.name ?? person.email ?? t(side);
  return (
    <section className={styles.side} aria-label={t(side)}>
      <div className={styles.frame}>
        {review.pictures.includes(side) && mayLook ? (
          <ReviewPicture review={review} side={side} name={name} />
        ) : (
          <NoPicture review={review} side={side} mayLook={mayLook} />
        )}
        {side === 'new' && (
          <span className={styles.when}>
            <RelativeTime at={review.createdAt} />
          </span>
        )}
      </div>
      <div className={styles.body}>
        <p className="small muted">{t(side)}</p>
        <div className={styles.name}>
          <h2>{name}</h2>
          <Standing review={review} side={side} />
        </div>
        <Facts review={review} side={side} />
      </div>
    </section>
  );
}

function Standing({ review, side }: { review: ShownReview; side: Side }) {
  const t = useStrings(reviewStrings);
  const { subject, disabledAt } = review.people[side];
  if (disabledAt !== undefined) return <Badge kind="outline">{t('disabled')}</Badge>;
  if (subject !== undefined) return <Badge kind="ok">{t('enrolled')}</Badge>;
  if (review.state === 'open')
    return (
      <Badge kind="warn" icon={IconClock}>
        {t('waiting')}
      </Badge>
    );
  return <Badge kind="outline">{t('notEnrolled')}</Badge>;
}

function Facts({ review, side }: { review: ShownReview; side: Side }) {
  const t = useStrings(reviewStrings);
  const format = useFormat();
  const { user } = useSession();
  const { subject, name, email, enrolledAt, pictures, places } = review.people[side];
  const countries = [...new Set(places.flatMap(({ country, timeZone }) => country ?? timeZone ?? []))];
  return (
    <KeyValues
      entries={[
        [t('email'), name === undefined ? undefined : email],
        [
          t('enrolledSince'),
          enrolledAt === undefined ? undefined : <RelativeTime key="at" at={enrolledAt} />,
        ],
        [
          t('quality'),
          side === 'new' && subject === undefined
            ? format.score(review.likeness.quality)
            : pictures.length === 0
              ? undefined
              : pictures.map(({ quality }) => format.score(quality)).join(', '),
        ],
        [t('seenIn'), countries.length === 0 ? undefined : countries.join(', ')],
        [
          t('record'),
          subject !== undefined && readers.includes(user.role) ? (
            <Link key="link" to="/people/$id" params={{ id: subject }}>
              {t('openPerson')}
            </Link>
          ) : undefined,
        ],
      ]}
    />
  );
}

/** Why there is none, and for the known person how to get one. */
function NoPicture({ review, side, mayLook }: { review: ShownReview; side: Side; mayLook: boolean }) {
  const t = useStrings(reviewStrings);
  const [adding, setAdding] = useState(false);
  const mayAdd = mayLook && side === 'known' && review.state === 'open';
  const why = review.pictures.includes(side)
    ? t('notForYou')
    : review.state !== 'open' && review.erasedBy < new Date().toISOString()
      ? t('picturesErased')
      : t(side === 'new' ? 'noNewPicture' : mayAdd ? 'noKnownPicture' : 'noPictureKept');
  return (
    <div className={styles.none}>
      <IconPhotoOff size={32} stroke={1.5} aria-hidden="true" />
      <p className="small">{why}</p>
      {mayAdd && <Button onClick={() => setAdding(true)}>{t('addPicture')}</Button>}
      {adding && <AddPicture review={review} close={() => setAdding(false)} />}
    </div>
  );
}
