import { useFormat } from '../../../ui/format/use-format.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import type { ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { newcomersPerChance } from './review-rules.ts';
import { reviewStrings } from './strings.ts';

/** What the likeness is worth: how often two different people are as alike, and how often that happens here. */
export function LikenessCard({ review: { likeness, gallery } }: { review: ShownReview }) {
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
