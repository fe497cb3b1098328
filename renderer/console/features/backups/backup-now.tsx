import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { BackupProgress } from './drills.tsx';
import { backupStrings } from './strings.ts';

/** Writes a backup into a folder of the box, and shows what came of it. */
export function BackupNow({ folder: known, close }: { folder: string; close(): void }) {
  const t = useStrings(backupStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const [folder, setFolder] = useState(known);
  const [keysTo, setKeysTo] = useState('');
  const write = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/backups', {
          body: { folder: folder.trim(), ...(keysTo.trim() && { keysTo: keysTo.trim() }) },
        }),
      ),
    onSuccess: () => toast(t('written')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['backups'] }),
  });
  if (write.data) return <Written made={write.data} close={close} again={() => write.reset()} />;
  return (
    <ConfirmDialog
      opened
      title={t('nowTitle')}
      confirmLabel={t('now')}
      busy={write.isPending}
      failed={write.error && <LoadFailed error={write.error} title={t('notWritten')} />}
      onConfirm={() => write.mutate()}
      onCancel={close}
    >
      <Stack>
        <p>{t('nowText')}</p>
        <BackupProgress />
        <TextInput
          label={t('folder')}
          description={t('folderHint')}
          value={folder}
          onChange={({ target }) => setFolder(target.value)}
        />
        <TextInput
          label={`${t('keysTo')} (${ui('optional')})`}
          description={t('keysToHint')}
          value={keysTo}
          onChange={({ target }) => setKeysTo(target.value)}
        />
      </Stack>
    </ConfirmDialog>
  );
}

/** The file, where the keys are, and what the box advises. */
function Written({
  made: { path, keys, advice },
  close,
  again,
}: {
  made: Schemas['MadeBackup'];
  close(): void;
  again(): void;
}) {
  const t = useStrings(backupStrings);
  const ui = useStrings(uiStrings);
  return (
    <ConfirmDialog
      opened
      title={t('written')}
      confirmLabel={ui('close')}
      cancelLabel={t('another')}
      onConfirm={close}
      onCancel={again}
    >
      <Stack>
        <code style={{ overflowWrap: 'anywhere' }}>{path}</code>
        {keys.map(({ place, state, reason }) => (
          <p key={place}>
            {t('keysAt', { place })}: {t(state)} {reason}
          </p>
        ))}
        {advice.length > 0 && (
          <Note kind="warn" title={t('advice')}>
            {advice.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
          </Note>
        )}
      </Stack>
    </ConfirmDialog>
  );
}
