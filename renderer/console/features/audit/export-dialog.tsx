import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { saveFile } from '../../save-file.ts';
import { startOf } from './day.ts';
import { auditStrings } from './strings.ts';

/** Signed, as a file; the box asks for a fresh second factor. */
export function ExportDialog({ close }: { close(): void }) {
  const t = useStrings(auditStrings);
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const save = useMutation({
    mutationFn: () =>
      replyOf(
        admin.GET('/api/admin/audit/export', {
          params: { query: { since: startOf(from, 0), until: startOf(until, 1) } },
          parseAs: 'blob',
        }),
      ),
    onSuccess(file) {
      const name = `audit-${new Date().toISOString().slice(0, 10)}.jsonl`;
      saveFile(name, file as unknown as Blob, 'application/x-ndjson');
      toast(t('exported'), { text: name });
      close();
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('exportTitle')}
      confirmLabel={t('export')}
      busy={save.isPending}
      failed={save.error && <LoadFailed error={save.error} title={t('notExported')} />}
      onConfirm={() => save.mutate()}
      onCancel={close}
    >
      <Stack>
        <p>{t.rich('exportText', { code: (inside) => <code>{inside}</code> })}</p>
        <TextInput
          type="date"
          label={t('from')}
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <TextInput
          type="date"
          label={t('until')}
          value={until}
          onChange={({ target }) => setUntil(target.value)}
        />
      </Stack>
    </ConfirmDialog>
  );
}
