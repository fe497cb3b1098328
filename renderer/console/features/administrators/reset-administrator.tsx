import { Checkbox } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import type { Administrator } from './administrator-columns.tsx';
import { administratorStrings } from './strings.ts';

/** Resets the password, the passkeys, or both, of an administrator who lost them. `done` gets the one-time code. */
export function ResetAdministrator({
  of,
  close,
  done,
}: {
  of: Administrator;
  close(): void;
  done(code: string): void;
}) {
  const t = useStrings(administratorStrings);
  const queryClient = useQueryClient();
  const [password, setPassword] = useState(true);
  const [factors, setFactors] = useState(false);
  const reset = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/administrators/{id}/reset', {
          params: { path: { id: of.id }, query: {} },
          body: { password, factors },
        }),
      ),
    async onSuccess({ code }) {
      await queryClient.invalidateQueries({ queryKey: ['administrators'] });
      done(code);
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('resetTitle', { name: of.name })}
      confirmLabel={t('reset')}
      busy={reset.isPending}
      failed={reset.error && <LoadFailed error={reset.error} title={t('notReset')} />}
      onConfirm={() => reset.mutate()}
      onCancel={close}
    >
      <Stack>
        <p>{t('resetText')}</p>
        <Checkbox
          label={t('resetPassword')}
          checked={password}
          onChange={({ target }) => setPassword(target.checked)}
        />
        <Checkbox
          label={t('resetFactors')}
          description={t('resetFactorsHint')}
          checked={factors}
          onChange={({ target }) => setFactors(target.checked)}
        />
      </Stack>
    </ConfirmDialog>
  );
}
