import { IconQuestionMark, IconUserCheck, IconUsers } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { ConfirmDialog, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, useSession, useWorld } from '../../data.ts';
import { Refused, RunCommand, useOperation } from '../../operations.ts';
import type { Decision, ShownReview } from './open-reviews.ts';
import styles from './review.module.css';
import { decidesAtOnce, decidesSession, undoTextOf } from './review-rules.ts';
import { reviewStrings } from './strings.ts';

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
      {decide.error && asked === undefined && <Refused of={decide} title={t('notDecided')} />}
      <section className={styles.bar} aria-label={t('decision')}>
        <Button busy={decide.isPending} onClick={() => say('not-same-person')} icon={IconUsers}>
          {t('different')} {keys.on && <kbd>D</kbd>}
        </Button>
        <Button busy={decide.isPending} onClick={() => say('same-person')} icon={IconUserCheck}>
          {t('same')} {keys.on && <kbd>S</kbd>}
        </Button>
        <Button
          kind="quiet"
          busy={decide.isPending}
          onClick={() => say('enroll-anyway')}
          icon={IconQuestionMark}
        >
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
          failed={<Refused of={decide} title={t('notDecided')} />}
          confirm={() => decide.mutate(asked)}
          run={() => decide.run(asked)}
          cancel={() => {
            decide.reset();
            setAsked(undefined);
          }}
        />
      )}
    </>
  );
}

const STORED = 'gatehouse-review-keys';

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single letters that act on the page, unless a field or a dialog has the focus; the reader can switch them off. */
function useKeys(actions: Readonly<Record<string, () => unknown>>) {
  const latest = useRef(actions);
  latest.current = actions;
  const [on, setOn] = useState(() => localStorage.getItem(STORED) !== 'off');
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      const act = latest.current[event.key.toLowerCase()];
      if (!act || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('[role="dialog"], [role="menu"]')) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [on]);
  return {
    on,
    toggle() {
      localStorage.setItem(STORED, on ? 'off' : 'on');
      setOn(!on);
    },
  };
}

/** Sends a decision; then the next item is shown, and the toast keeps the way back. The first of two votes stays on the page. */
function useDecide({ id }: ShownReview, next: string | undefined) {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const params = { id, env };
  const show = (shown: string) => navigate({ to: '/review/$id', params: { id: shown } });
  async function undo() {
    // What cannot be undone any more says so on its page.
    await api.post('/api/admin/review/{id}/undo', params).catch(() => undefined);
    await queryClient.invalidateQueries({ queryKey: ['review'] });
    await show(id);
  }
  return useOperation(
    (decision: Decision) => api.post('/api/admin/review/{id}/decide', params, { decision }),
    {
      refresh: ['review'],
      done: async ({ state, undoUntil, enrolled }, decision) => {
        if (state === 'open') toast(t('voted'), { text: t('votedText') });
        else
          toast(t(decision), {
            ...(enrolled && { text: t('enrolledToast') }),
            ...(undoUntil !== undefined && { undo: { label: t('undo'), run: () => void undo() } }),
          });
        if (state === 'open') return;
        if (next !== undefined) await show(next);
        else await navigate({ to: '/review' });
      },
    },
  );
}

/** Before a decision that enrolls what waits. */
function ConfirmEnroll({
  review,
  decision,
  busy,
  failed,
  confirm,
  run,
  cancel,
}: {
  review: ShownReview;
  decision: 'not-same-person' | 'enroll-anyway';
  busy: boolean;
  failed: ReactNode;
  confirm(): void;
  run(): Promise<unknown>;
  cancel(): void;
}) {
  const t = useStrings(reviewStrings);
  const { people } = review;
  const name = people.new.name ?? people.new.email ?? t('new');
  const known = people.known.name ?? people.known.email ?? t('known');
  const other = decision === 'not-same-person';
  const session = decidesSession(review);
  return (
    <ConfirmDialog
      opened
      title={session ? t('letInTitle') : t('enrollTitle', { name })}
      confirmLabel={t(session ? 'letIn' : other ? 'enrollOther' : 'anyway')}
      cancelLabel={t('decideLater')}
      busy={busy}
      failed={failed}
      onConfirm={confirm}
      onCancel={cancel}
    >
      <ul>
        <li>{t(session ? 'letInText' : 'enrollText')}</li>
        <li>{t(other ? 'enrollNever' : 'enrollOpen', { name, known })}</li>
        <li>{t(session ? 'undoTextSession' : 'enrollUndo')}</li>
      </ul>
      <RunCommand run={run} />
    </ConfirmDialog>
  );
}
