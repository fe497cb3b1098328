import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import type { Administrator } from './administrator-columns.tsx';
import { administratorStrings } from './strings.ts';

type What = 'disable' | 'enable' | 'unlock' | 'remove';

function run(what: What, id: string): Promise<unknown> {
  const params = { path: { id }, query: {} };
  switch (what) {
    case 'disable':
    case 'enable':
      return replyOf(
        admin.PATCH('/api/admin/administrators/{id}', { params, body: { disabled: what === 'disable' } }),
      );
    case 'unlock':
      return replyOf(admin.POST('/api/admin/administrators/{id}/unlock', { params }));
    case 'remove':
      return replyOf(admin.DELETE('/api/admin/administrators/{id}', { params }));
    default:
      return what satisfies never;
  }
}

/** One step about one account, with what follows from it. */
export function ConfirmChange({ what, of, close }: { what: What; of: Administrator; close(): void }) {
  const t = useStrings(administratorStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: () => run(what, of.id),
    async onSuccess() {
      toast(t(`${what}Done`), { text: of.name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['administrators'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      danger={what === 'disable' || what === 'remove'}
      title={t(`${what}Title`, { name: of.name })}
      confirmLabel={t(what)}
      busy={change.isPending}
      failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
      onConfirm={() => change.mutate()}
      onCancel={close}
    >
      {t(`${what}Text`)}
    </ConfirmDialog>
  );
}
