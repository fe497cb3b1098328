import { IconQuestionMark, IconUserCheck, IconUsers } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useSession } from '../../session/session-query.ts';
import { ConfirmEnroll } from './confirm-enroll.tsx';
import type { Decision, ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { decidesAtOnce, decidesSession, undoTextOf } from './review-rules.ts';
import { reviewStrings } from './strings.ts';
import { useDecide } from './use-decide.ts';
import { useKeys } from './use-keys.ts';

/** What the reviewer says. What enrolls a person is asked for once more: it cannot be undone here. */
export function DecisionBar({ review, next }: { review: ShownReview; next: string | undefined }) {
  const t = useStrings(reviewStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Exclude<Decision, 'same-person'>>();
  const decide = useDecide(review, next);
  const enrolls = (decision: Decision) => review.policy === 'block' && decision !== 'same-person';
  const say = (decision: Decision) => {
    if (decide.isPending) return;
    const atOnce = decidesAtOnce(review, decision, `administrator:${user.id}`);
    if (decision !== 'same-person' && enrolls(decision) && atOnce) setAsked(decision);
    else decide.mutate(decision);
  };
  const keys = useKeys({
    d: () => say('not-same-person'),
    s: () => say('same-person'),
    n: () => next !== undefined && void navigate({ to: '/review/$id', params: { id: next } }),
  });
  return (
    <>
      {decide.error && asked === undefined && <LoadFailed error={decide.error} title={t('notDecided')} />}
      <section className={styles.bar} aria-label={t('decision')}>
        <Button busy={decide.isPending} onClick={() => say('not-same-person')}>
          <IconUsers size={18} stroke={1.75} aria-hidden="true" />
          {t('different')} {keys.on && <kbd>D</kbd>}
        </Button>
        <Button busy={decide.isPending} onClick={() => say('same-person')}>
          <IconUserCheck size={18} stroke={1.75} aria-hidden="true" />
          {t('same')} {keys.on && <kbd>S</kbd>}
        </Button>
        <Button kind="quiet" busy={decide.isPending} onClick={() => say('enroll-anyway')}>
          <IconQuestionMark size={18} stroke={1.75} aria-hidden="true" />
          {t(review.policy === 'warn' ? 'leaveOpen' : decidesSession(review) ? 'letIn' : 'anyway')}
        </Button>
        <span className={styles.space} />
        <span className={styles.aside}>
          <span className="small muted">{t(undoTextOf(review))}</span>
          <Button kind="quiet" small onClick={keys.toggle}>
            {t(keys.on ? 'keysOff' : 'keysOn')}
          </Button>
        </span>
      </section>
      {asked !== undefined && (
        <ConfirmEnroll
          review={review}
          decision={asked}
          busy={decide.isPending}
          failed={decide.error && <LoadFailed error={decide.error} title={t('notDecided')} />}
          confirm={() => decide.mutate(asked)}
          cancel={() => {
            decide.reset();
            setAsked(undefined);
          }}
        />
      )}
    </>
  );
}
