import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Row } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { managers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { DecidedNote } from './decided-note.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { Evidence } from './evidence.tsx';
import { LikenessCard } from './likeness-card.tsx';
import { openReviewsQuery, reviewQuery } from './open-reviews.ts';
import styles from './review.module.css';
import { nextOf } from './review-rules.ts';
import { ReviewState } from './review-state.tsx';
import { SideCard } from './side-card.tsx';
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
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
      {review && (
        <div className={styles.item} key={review.id}>
          {review.state !== 'open' && <DecidedNote review={review} mayUndo={mayDecide} />}
          <div className={styles.pair}>
            <SideCard review={review} side="new" mayLook={mayDecide} />
            <SideCard review={review} side="known" mayLook={mayDecide} />
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
