import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import type { Kiosk } from './kiosk-state.ts';
import { kioskStrings } from './strings.ts';

/** Ends a kiosk, or takes PINs at it again. */
export function ConfirmKiosk({
  what,
  kiosk: { id, name },
  close,
}: {
  what: 'revoke' | 'unlock';
  kiosk: Kiosk;
  close(): void;
}) {
  const t = useStrings(kioskStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const params = { path: { id }, query: {} };
  const change = useMutation({
    mutationFn: () =>
      what === 'revoke'
        ? replyOf(admin.POST('/api/admin/kiosks/{id}/revoke', { params }))
        : replyOf(admin.POST('/api/admin/kiosks/{id}/unlock', { params })),
    async onSuccess() {
      toast(t(`${what}Done`), { text: name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['kiosks'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      danger={what === 'revoke'}
      title={t(`${what}Title`, { name })}
      confirmLabel={t(what)}
      {...(what === 'revoke' && { cancelLabel: t('keep') })}
      busy={change.isPending}
      failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
      onConfirm={() => change.mutate()}
      onCancel={close}
    >
      {what === 'revoke' ? (
        <GoneAndStays gone={[t('goneKey'), t('goneVisit')]} stays={[t('staysPeople'), t('staysRow')]} />
      ) : (
        t('unlockText')
      )}
    </ConfirmDialog>
  );
}
