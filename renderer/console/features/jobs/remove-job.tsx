import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import type { JobKind } from './job-words.ts';
import { jobStrings } from './strings.ts';

/** What the job stands for is never done. */
export function RemoveJob({ job, close }: { job: Schemas['Job']; close(): void }) {
  const t = useStrings(jobStrings);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      replyOf(
        admin.DELETE('/api/admin/jobs/{id}', {
          params: { path: { id: job.id }, query: { confirm: job.id } },
        }),
      ),
    async onSuccess() {
      toast(t('removedToast'));
      await queryClient.invalidateQueries({ queryKey: ['jobs'] });
      close();
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('removeTitle')}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} title={t('notRemoved')} />}
      onConfirm={() => remove.mutate()}
      onCancel={close}
    >
      {t('removeText', { what: t(job.kind as JobKind) })}
    </ConfirmDialog>
  );
}
