import { IconClock, IconPhotoOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Badge, Button, RelativeTime } from '../../../ui/controls/index.ts';
import { FileChoice } from '../../../ui/forms/index.ts';
import { Dialog, DialogFoot, KeyValues } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, readers, useSession, useWorld } from '../../data.ts';
import { Refused, RunCommand, useOperation } from '../../operations.ts';
import { useRefusalWords } from '../../reasons/refusal-words.tsx';
import { StoredPicture } from '../../stored-picture.tsx';
import type { Review, ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { reviewStrings } from './strings.ts';

type Side = 'new' | 'known';

/** One of the two people: the picture, if there is one, and what is known of them. */
export function SideCard({
  review,
  side,
  maySeePicture,
}: {
  review: ShownReview;
  side: Side;
  maySeePicture: boolean;
}) {
  const t = useStrings(reviewStrings);
  const person = review.people[side];
  const name = person.name ?? person.email ?? t(side);
  return (
    <section className={styles.side} aria-label={t(side)}>
      <div className={styles.frame}>
        {review.pictures.includes(side) && maySeePicture ? (
          <ReviewPicture review={review} side={side} name={name} />
        ) : (
          <NoPicture review={review} side={side} maySeePicture={maySeePicture} />
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
          <PersonState review={review} side={side} />
        </div>
        <Facts review={review} side={side} />
      </div>
    </section>
  );
}

function PersonState({ review, side }: { review: ShownReview; side: Side }) {
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
      entries={{
        [t('email')]: name !== undefined && email,
        [t('enrolledSince')]: enrolledAt !== undefined && <RelativeTime at={enrolledAt} />,
        [t('quality')]:
          side === 'new' && subject === undefined
            ? format.score(review.likeness.quality)
            : pictures.length === 0
              ? undefined
              : pictures.map(({ quality }) => format.score(quality)).join(', '),
        [t('seenIn')]: countries.length !== 0 && countries.join(', '),
        [t('record')]:
          subject !== undefined && readers.includes(user.role) ? (
            <Link to="/people/$id" params={{ id: subject }}>
              {t('openPerson')}
            </Link>
          ) : undefined,
      }}
    />
  );
}

/** Why there is none, and for the known person how to get one. */
function NoPicture({
  review,
  side,
  maySeePicture,
}: {
  review: ShownReview;
  side: Side;
  maySeePicture: boolean;
}) {
  const t = useStrings(reviewStrings);
  const [adding, setAdding] = useState(false);
  const mayAdd = maySeePicture && side === 'known' && review.state === 'open';
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

function ReviewPicture({ review, side, name }: { review: ShownReview; side: 'new' | 'known'; name: string }) {
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

const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);
const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** A new picture of the known person, by camera or from a file: only the face is kept, and only for this review. */
function AddPicture({ review: { id, people }, close }: { review: ShownReview; close(): void }) {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const wordsOf = useRefusalWords();
  const queryClient = useQueryClient();
  const [byCamera, setByCamera] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const add = useOperation(
    (picture: Blob) =>
      api.put('/api/admin/review/{id}/pictures/known', { id, env }, { request: {}, file: picture }),
    {
      refresh: ['review'],
      async done() {
        await queryClient.resetQueries({
          queryKey: ['stored-picture', env, `/api/admin/review/${id}/pictures/known`],
        });
        close();
      },
      refused: () => setByCamera(false),
    },
  );
  const { name, email } = people.known;
  return (
    <Dialog
      title={t('addPictureTitle', { name: name ?? email ?? t('known') })}
      size={byCamera ? 840 : 560}
      close={close}
    >
      <p className="muted">{t('addPictureText')}</p>
      <Refused of={add} title={t('notAdded')} />
      {byCamera ? (
        <Suspense>
          <Camera
            count={1}
            openCapture={() => api.post('/api/admin/captures', { env })}
            onPictures={([picture]) => picture && add.mutate(picture)}
            wordsOf={wordsOf}
          />
        </Suspense>
      ) : (
        <>
          <FileChoice
            accept={formats}
            label={t('file')}
            description={t('fileHint')}
            value={file}
            onChange={setFile}
          />
          <RunCommand run={() => add.run(new Blob())} />
          <DialogFoot
            confirmLabel={t('addFile')}
            busy={add.isPending}
            confirmDisabled={file === null}
            other={<Button onClick={() => setByCamera(true)}>{t('useCamera')}</Button>}
            onConfirm={() => file && add.mutate(file)}
            onCancel={close}
          />
        </>
      )}
    </Dialog>
  );
}

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
