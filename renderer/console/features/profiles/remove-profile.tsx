import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useUses } from './queries.ts';
import { profileStrings } from './strings.ts';

/** Puts the own versions of a profile away. Undone by putting the last one back. */
export function RemoveProfile({
  profile,
  close,
  done,
}: {
  profile: Schemas['Profile'];
  close(): void;
  done?: () => void;
}) {
  const t = useStrings(profileStrings);
  const queryClient = useQueryClient();
  const { slug, version, definition, replacesBuiltIn } = profile;
  const uses = useUses(slug);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['profiles'] });
  const undo = async () => {
    await replyOf(
      admin.POST('/api/admin/profiles/{slug}/versions/{version}/restore', {
        params: { path: { slug, version }, query: {} },
      }),
    );
    await refresh();
  };
  const remove = useMutation({
    mutationFn: () =>
      replyOf(admin.DELETE('/api/admin/profiles/{slug}', { params: { path: { slug }, query: {} } })),
    async onSuccess() {
      toast(t('removed'), { text: slug, undo: { label: t('undo'), run: () => void undo() } });
      close();
      done?.();
      await refresh();
    },
  });
  const used = uses && uses.keys + uses.flows > 0;
  const gone = [
    replacesBuiltIn ? t('removeBack', { slug }) : t('removeGone', { slug }),
    used &&
      t('removeUsed', {
        keys: t('usedByKeys', { count: uses.keys }),
        flows: t('usedByFlows', { count: uses.flows }),
      }),
  ].filter((sentence) => sentence !== false && sentence !== undefined);
  return (
    <ConfirmDialog
      opened
      title={t('removeTitle', { name: definition.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      danger
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} />}
      onConfirm={() => remove.mutate()}
      onCancel={close}
    >
      <GoneAndStays gone={gone} stays={[t('removeStays')]} />
    </ConfirmDialog>
  );
}
