import { Checkbox, Loader } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { DryRunView } from './dry-run-view.tsx';
import { dryRun, type Model, type PlannedChange } from './models-query.ts';
import { modelStrings } from './strings.ts';

export type Switch = 'enable' | 'disable' | 'remove';

const plan = (change: Switch, id: string): PlannedChange =>
  change === 'enable' ? { change, id, acceptLicenceDoubt: true } : { change, id };

/** Switches a model on or off, or removes it: what would change comes first. */
export function SwitchModel({
  model: { id, name, doubts },
  change,
  close,
  done,
}: {
  model: Pick<Model, 'id' | 'name' | 'doubts'>;
  change: Switch;
  close(): void;
  done?: () => void;
}) {
  const t = useStrings(modelStrings);
  const queryClient = useQueryClient();
  const [accepted, setAccepted] = useState(false);
  const run = useQuery({
    queryKey: ['models', 'dry-run', change, id],
    queryFn: () => dryRun([plan(change, id)]),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const apply = useMutation({
    mutationFn: async () => {
      const params = { path: { id } };
      if (change === 'remove') await replyOf(admin.DELETE('/api/admin/models/{id}', { params }));
      else if (change === 'disable') await replyOf(admin.POST('/api/admin/models/{id}/disable', { params }));
      else
        await replyOf(
          admin.POST('/api/admin/models/{id}/enable', { params, body: { acceptLicenceDoubt: accepted } }),
        );
    },
    async onSuccess() {
      toast(t(`${change}Done`), { text: name });
      close();
      done?.();
      await queryClient.invalidateQueries();
    },
  });
  const doubtful = (run.data?.doubts.length ?? 0) > 0;
  const blocked = run.data === undefined || run.data.refusals.length > 0 || (doubtful && !accepted);
  return (
    <ConfirmDialog
      opened
      danger={change !== 'enable'}
      title={t(`${change}Title`, { name })}
      confirmLabel={t(change)}
      busy={apply.isPending}
      confirmDisabled={blocked}
      failed={apply.error && <LoadFailed error={apply.error} title={t('notChanged')} />}
      onConfirm={() => apply.mutate()}
      onCancel={close}
    >
      <Stack>
        <p>{t(`${change}Text`)}</p>
        {run.isPending && (
          <Row>
            <Loader size="sm" /> <span role="status">{t('trying')}</span>
          </Row>
        )}
        {run.error && <LoadFailed error={run.error} title={t('notTried')} retry={() => void run.refetch()} />}
        {run.data && <DryRunView run={run.data} />}
        {doubtful && (
          <Checkbox
            label={t('acceptDoubt')}
            description={doubts}
            checked={accepted}
            onChange={({ target }) => setAccepted(target.checked)}
          />
        )}
      </Stack>
    </ConfirmDialog>
  );
}
