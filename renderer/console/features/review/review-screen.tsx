import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { KeyValues, Note, Page, Row } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { Actor, api, managers, type Schemas, useSession, useWorld } from '../../data.ts';
import { Refused, RunButton, useOperation } from '../../operations.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { DecisionBar } from './decision-bar.tsx';
import { openReviewsQuery, reviewQuery, type ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { consequenceOf, newcomersPerChance, nextOf } from './review-rules.ts';
import { ReviewState, SideCard } from './side-card.tsx';
import { reviewStrings } from './strings.ts';

export const Route = createLazyRoute('/review/$id')({ component: ReviewScreen });

/** Two faces side by side, how alike they are, and what the reviewer says. */
function ReviewScreen() {
  const t = useStrings(reviewStrings);
  const { id } = Route.useParams();
  const env = useWorld();
  const { user } = useSession();
  const query = useQuery(reviewQuery(env, id));
  const { data: items = [] } = useQuery(openReviewsQuery(env));
  const review = query.data;
  const next = nextOf(items, id);
  const place = items.findIndex((one) => one.id === id) + 1;
  const mayDecide = managers.includes(user.role) || user.role === 'reviewer';
  const lead =
    review?.state === 'open' ? `${t(leadOf(review))} ${review.needsTwo ? t('leadTwo') : ''}` : undefined;
  return (
    <Page
      title={review && review.state !== 'open' ? t('duplicate') : t('question')}
      badge={review && review.state !== 'open' && <ReviewState review={review} />}
      lead={lead}
      parents={[{ label: t('title'), to: '/review' }]}
      actions={
        <Row>
          {place > 0 && (
            <span className="small muted num">
              {t('place', { at: String(place), of: String(items.length) })}
            </span>
          )}
          {next !== undefined && (
            <ButtonLink to="/review/$id" params={{ id: next }}>
              {t('next')}
            </ButtonLink>
          )}
        </Row>
      }
    >
      <Refused of={query} />
      {review && (
        <div className={styles.item} key={review.id}>
          {review.state !== 'open' && <DecidedNote review={review} mayUndo={mayDecide} />}
          <div className={styles.pair}>
            <SideCard review={review} side="new" maySeePicture={mayDecide} />
            <SideCard review={review} side="known" maySeePicture={mayDecide} />
          </div>
          <LikenessCard review={review} />
          <Evidence review={review} />
          {mayDecide && review.state === 'open' && <DecisionBar review={review} next={next} />}
        </div>
      )}
    </Page>
  );
}

const leadOf = ({ kind, policy }: Schemas['Review']) => {
  if (policy === 'warn') return 'leadWarn';
  return kind === 'uniqueness' ? 'leadSession' : 'leadBlock';
};

/** What the likeness is worth: how often two different people are as alike, and how often that happens here. */
function LikenessCard({ review: { likeness, gallery } }: { review: ShownReview }) {
  const t = useStrings(reviewStrings);
  const heldFor = useStrings(heldForStrings);
  const format = useFormat();
  const { rate, holdsFor = 'average', beyondMeasured, score, threshold, pictures } = likeness;
  if (rate === undefined)
    return (
      <section className={styles.odds}>
        <b className={styles.big}>{format.score(score, threshold)}</b>
        <div>
          <h3>{t('alikeTitle', { count: pictures })}</h3>
          <p className="small muted">{t('alikeText', { threshold: format.score(threshold) })}</p>
        </div>
      </section>
    );
  const odds = format.rate(rate);
  const chance = format.count(newcomersPerChance(rate, gallery));
  return (
    <section className={styles.odds}>
      <b className={styles.big}>{beyondMeasured ? t('lessThan', { odds }) : odds}</b>
      <div>
        <h3>{t(beyondMeasured ? 'oddsBeyond' : 'odds', { odds, heldFor: heldFor(holdsFor) })}</h3>
        <p className="small muted">
          {gallery > 0 && `${t(beyondMeasured ? 'oddsHereBeyond' : 'oddsHere', { count: gallery, chance })} `}
          {t('oddsTwins')}
        </p>
      </div>
    </section>
  );
}

/** The decision, its author, what follows, and the way back while there is one. */
function DecidedNote({ review, mayUndo }: { review: ShownReview; mayUndo: boolean }) {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const { id, decided, policy, undoUntil } = review;
  const undo = useOperation(() => api.post('/api/admin/review/{id}/undo', { id, env }), {
    toast: t('undone'),
    refresh: ['review'],
  });
  if (!decided)
    return (
      <Note kind="warn" title={t('expiredTitle')}>
        {t(policy === 'warn' ? 'expiredWarn' : 'expiredBlock')}
      </Note>
    );
  const isOne = decided.decision === 'same-person';
  return (
    <>
      <Refused of={undo} />
      <Note
        kind={isOne && policy === 'warn' ? 'warn' : 'info'}
        title={t.rich('decidedBy', {
          what: t(decided.decision),
          who: <Actor actor={decided.by} />,
          time: <RelativeTime at={decided.at} />,
        })}
        action={mayUndo && undoUntil !== undefined && <RunButton of={undo}>{t('undo')}</RunButton>}
      >
        {t(consequenceOf(review, decided.decision))}
      </Note>
    </>
  );
}

/** The figures behind the sentence, and who has said what. */
function Evidence({ review }: { review: ShownReview }) {
  const t = useStrings(reviewStrings);
  const format = useFormat();
  const { likeness, votes, erasedBy, pictures } = review;
  const { score, threshold, scorer, knownPicture } = likeness;
  const said = (like: boolean | undefined) => (like === undefined ? undefined : t(like ? 'like' : 'unlike'));
  return (
    <details className={styles.details} open={votes.length > 0}>
      <summary>{t('evidence')}</summary>
      <KeyValues
        entries={{
          [t('score')]: t('scoreOf', {
            score: format.score(score, threshold),
            threshold: format.score(threshold),
          }),
          [t('scorer')]: scorer,
          [t('compared')]: t('comparedPictures', { count: likeness.pictures }),
          [t('addedLikeKnown')]: said(knownPicture?.likeKnown),
          [t('addedLikeNew')]: said(knownPicture?.likeNew),
          [t('pictures')]:
            pictures.length === 0
              ? t('picturesErased')
              : t.rich('erasedAt', { time: <RelativeTime at={erasedBy} /> }),
          [t('vote')]:
            votes.length > 0 &&
            votes.map((vote) => (
              <div key={vote.by}>
                <Actor actor={vote.by} />: {t(vote.decision)}, <RelativeTime at={vote.at} />
              </div>
            )),
        }}
      />
    </details>
  );
}
