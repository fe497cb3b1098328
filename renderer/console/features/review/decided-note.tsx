import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { Voter } from './evidence.tsx';
import type { ShownReview } from './open-reviews.ts';
import { consequenceOf } from './review-rules.ts';
import { reviewStrings } from './strings.ts';

/** The decision, its author, what follows, and the way back while there is one. */
export function DecidedNote({ review, mayUndo }: { review: ShownReview; mayUndo: boolean }) {
  const t = useStrings(reviewStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const { id, decided, policy, undoUntil } = review;
  const undo = useMutation({
    mutationFn: () =>
      replyOf(admin.POST('/api/admin/review/{id}/undo', { params: { path: { id }, query: { env } } })),
    async onSuccess() {
      toast(t('undone'));
      await queryClient.invalidateQueries({ queryKey: ['reviews'] });
    },
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
      {undo.error && <LoadFailed error={undo.error} title={ui('couldNotSave')} />}
      <Note
        kind={isOne && policy === 'warn' ? 'warn' : 'info'}
        title={t.rich('decidedBy', {
          what: t(decided.decision),
          who: <Voter by={decided.by} />,
          time: <RelativeTime at={decided.at} />,
        })}
        action={
          mayUndo &&
          undoUntil !== undefined && (
            <Button busy={undo.isPending} onClick={() => undo.mutate()}>
              {t('undo')}
            </Button>
          )
        }
      >
        {t(consequenceOf(review, decided.decision))}
      </Note>
    </>
  );
}
