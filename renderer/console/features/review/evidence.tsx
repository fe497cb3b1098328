import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { shortenId } from '../../../ui/format/format.ts';
import { useFormat } from '../../../ui/format/use-format.ts';
import { KeyValues } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { useSession } from '../../session/session-query.ts';
import type { ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { reviewStrings } from './strings.ts';

/** The figures behind the sentence, and who has said what. */
export function Evidence({ review }: { review: ShownReview }) {
  const t = useStrings(reviewStrings);
  const format = useFormat();
  const { likeness, votes, erasedBy, pictures } = review;
  const { score, threshold, scorer, knownPicture } = likeness;
  const said = (like: boolean | undefined) => (like === undefined ? undefined : t(like ? 'like' : 'unlike'));
  return (
    <details className={styles.details} open={votes.length > 0}>
      <summary>{t('evidence')}</summary>
      <KeyValues
        entries={[
          [
            t('score'),
            t('scoreOf', { score: format.score(score, threshold), threshold: format.score(threshold) }),
          ],
          [t('scorer'), scorer],
          [t('compared'), t('comparedPictures', { count: likeness.pictures })],
          [t('addedLikeKnown'), said(knownPicture?.likeKnown)],
          [t('addedLikeNew'), said(knownPicture?.likeNew)],
          [
            t('pictures'),
            pictures.length === 0
              ? t('picturesErased')
              : t.rich('erasedAt', { time: <RelativeTime at={erasedBy} /> }),
          ],
          ...votes.map(
            (vote) =>
              [
                t('vote'),
                <>
                  <Voter by={vote.by} />: {t(vote.decision)}, <RelativeTime at={vote.at} />
                </>,
              ] as const,
          ),
        ]}
      />
    </details>
  );
}

/** The reader, or another one by id: reviewers cannot see the list of administrators. */
export function Voter({ by }: { by: string }) {
  const t = useStrings(reviewStrings);
  const { user } = useSession();
  const [kind = '', id = ''] = by.split(/:(.*)/s);
  if (id === user.id) return t('you');
  if (kind === 'operator') return <span title={by}>{t('boxOperator')}</span>;
  return <span title={by}>{kind === 'administrator' ? shortenId(id) : by}</span>;
}
