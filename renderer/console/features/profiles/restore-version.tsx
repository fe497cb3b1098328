import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { Differences } from './compare-versions.tsx';
import { profileStrings } from './strings.ts';

type Version = Schemas['ProfileVersion'];

/** Makes the next version with the settings of an old one; shows what that changes. */
export function RestoreVersion({
  version: { slug, version, definition },
  running,
  close,
}: {
  version: Version;
  running: Version | undefined;
  close(): void;
}) {
  const t = useStrings(profileStrings);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const restore = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/profiles/{slug}/versions/{version}/restore', {
          params: { path: { slug, version }, query: {} },
        }),
      ),
    async onSuccess() {
      toast(t('restored', { version: String(version) }));
      close();
      await queryClient.invalidateQueries({ queryKey: ['profiles'] });
      await navigate({ to: '/profiles/$slug', params: { slug } });
    },
  });
  const nameOf = (number: number) => t('versionNumber', { version: String(number) });
  return (
    <ConfirmDialog
      opened
      title={t('restoreTitle', { version: String(version), slug })}
      confirmLabel={t('restore')}
      cancelLabel={t('restoreKeep')}
      busy={restore.isPending}
      failed={restore.error && <LoadFailed error={restore.error} />}
      onConfirm={() => restore.mutate()}
      onCancel={close}
    >
      <Stack gap={12}>
        <p>{t('restoreText')}</p>
        {running && (
          <Differences
            before={running.definition}
            after={definition}
            names={[nameOf(running.version), nameOf(version)]}
          />
        )}
      </Stack>
    </ConfirmDialog>
  );
}
