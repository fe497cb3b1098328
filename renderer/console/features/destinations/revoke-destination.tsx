import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { coversUrl } from './covers.ts';
import { destinationStrings } from './strings.ts';

type Grant = Schemas['Grant'];

/** Closes a way out, and names the webhooks that surely use it. */
export function RevokeDestination({ grant, close }: { grant: Grant; close(): void }) {
  const t = useStrings(destinationStrings);
  const queryClient = useQueryClient();
  const { data: users = [] } = useQuery({
    queryKey: ['webhooks', 'of-both-worlds'],
    async queryFn({ signal }) {
      const worlds = await Promise.all(
        (['live', 'test'] as const).map((env) =>
          replyOf(admin.GET('/api/admin/webhooks', { params: { query: { env, limit: 200 } }, signal })),
        ),
      );
      return worlds.flatMap(({ items }) => items);
    },
  });
  const revoke = useMutation({
    mutationFn: () =>
      replyOf(admin.DELETE('/api/admin/grants/{id}', { params: { path: { id: grant.id }, query: {} } })),
    async onSuccess() {
      toast(t('revokedToast'), { text: grant.to });
      await queryClient.invalidateQueries({ queryKey: ['grants'] });
      close();
    },
  });
  const affected = users.filter(({ url }) => coversUrl(grant, url));
  return (
    <ConfirmDialog
      opened
      danger
      title={t('revokeTitle', { to: grant.to })}
      confirmLabel={t('revoke')}
      cancelLabel={t('keep')}
      busy={revoke.isPending}
      failed={revoke.error && <LoadFailed error={revoke.error} title={t('notRevoked')} />}
      onConfirm={() => revoke.mutate()}
      onCancel={close}
    >
      <GoneAndStays
        gone={[
          t('goneSending'),
          ...affected.map(({ description, url }) => t('goneWebhook', { name: description || url })),
        ]}
        stays={[t('stayWaiting'), t('stayList')]}
      />
    </ConfirmDialog>
  );
}
