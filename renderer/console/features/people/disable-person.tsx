import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { nameOf } from './people-screen.tsx';
import { peopleStrings } from './strings.ts';

/** Disables after a question; enables at once. */
export function DisablePerson({ person }: { person: Schemas['Subject'] }) {
  const { id, env, disabledAt } = person;
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState(false);
  const params = { path: { id }, query: { env } };
  const change = useMutation({
    mutationFn: () =>
      disabledAt === undefined
        ? replyOf(admin.POST('/api/admin/subjects/{id}/disable', { params }))
        : replyOf(admin.POST('/api/admin/subjects/{id}/enable', { params })),
    async onSuccess() {
      setAsked(false);
      toast(disabledAt === undefined ? t('disabledToast') : t('enabledToast'));
      await queryClient.invalidateQueries({ queryKey: ['person', env, id] });
      await queryClient.invalidateQueries({ queryKey: ['people', env] });
    },
  });
  if (disabledAt !== undefined)
    return (
      <>
        {change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
        <Button busy={change.isPending} onClick={() => change.mutate()}>
          {t('enable')}
        </Button>
      </>
    );
  return (
    <>
      <Button onClick={() => setAsked(true)}>{t('disable')}</Button>
      {asked && (
        <ConfirmDialog
          opened
          title={t('disableTitle', { name: nameOf(person) })}
          confirmLabel={t('disable')}
          busy={change.isPending}
          failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
          onConfirm={() => change.mutate()}
          onCancel={() => setAsked(false)}
        >
          {t('disableText')}
        </ConfirmDialog>
      )}
    </>
  );
}
