import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { useWorld } from '../../session/session-query.ts';
import type { Decision, ShownReview } from './open-reviews.ts';
import { reviewStrings } from './strings.ts';

/** Sends a decision; then the next item is shown, and the toast keeps the way back. The first of two votes stays on the page. */
export function useDecide({ id }: ShownReview, next: string | undefined) {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { id }, query: { env } };
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['reviews'] });
  const show = (shown: string) => navigate({ to: '/review/$id', params: { id: shown } });
  async function undo() {
    // What cannot be undone any more says so on its page.
    await replyOf(admin.POST('/api/admin/review/{id}/undo', { params })).catch(() => undefined);
    await refresh();
    await show(id);
  }
  return useMutation({
    mutationFn: (decision: Decision) =>
      replyOf(admin.POST('/api/admin/review/{id}/decide', { params, body: { decision } })),
    async onSuccess({ state, undoUntil, enrolled }, decision) {
      if (state === 'open') toast(t('voted'), { text: t('votedText') });
      else
        toast(t(decision), {
          ...(enrolled && { text: t('enrolledToast') }),
          ...(undoUntil !== undefined && { undo: { label: t('undo'), run: () => void undo() } }),
        });
      await refresh();
      if (state === 'open') return;
      if (next !== undefined) await show(next);
      else await navigate({ to: '/review' });
    },
  });
}
