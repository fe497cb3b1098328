import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { roles } from '../../../../sdk/admin/values.ts';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { sessionQuery, useSession } from '../../session/session-query.ts';
import type { Administrator } from './administrator-columns.tsx';
import { administratorStrings } from './strings.ts';

/** Name, role, and whether the whole appliance is theirs too. */
export function ChangeAdministrator({ of, close }: { of: Administrator; close(): void }) {
  const t = useStrings(administratorStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const [name, setName] = useState(of.name);
  const [role, setRole] = useState(of.role);
  const [applianceOwner, setApplianceOwner] = useState(of.applianceOwner);
  const changed = {
    ...(name.trim() !== of.name && name.trim() !== '' && { name: name.trim() }),
    ...(role !== of.role && { role }),
    ...(applianceOwner !== of.applianceOwner && { applianceOwner }),
  };
  const change = useMutation({
    mutationFn: async () => {
      if (Object.keys(changed).length === 0) return;
      const params = { path: { id: of.id }, query: {} };
      await replyOf(admin.PATCH('/api/admin/administrators/{id}', { params, body: changed }));
    },
    async onSuccess() {
      toast(t('changed'), { text: name.trim() || of.name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['administrators'] });
      if (of.id === user.id) await queryClient.invalidateQueries(sessionQuery);
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('changeTitle', { name: of.name })}
      confirmLabel={ui('save')}
      busy={change.isPending}
      failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
      onConfirm={() => change.mutate()}
      onCancel={close}
    >
      <Stack>
        <TextInput
          label={t('name')}
          value={name}
          maxLength={120}
          error={name.trim() === '' ? t('nameMissing') : undefined}
          onChange={({ target }) => setName(target.value)}
        />
        <NativeSelect
          label={t('role')}
          description={t(`${role}Hint`)}
          value={role}
          data={roles.map((value) => ({ value, label: t(value) }))}
          onChange={({ target }) => setRole(target.value as typeof role)}
        />
        {user.applianceOwner && (
          <Checkbox
            label={t('applianceOwner')}
            description={t('applianceOwnerHint')}
            checked={applianceOwner}
            onChange={({ target }) => setApplianceOwner(target.checked)}
          />
        )}
      </Stack>
    </ConfirmDialog>
  );
}
