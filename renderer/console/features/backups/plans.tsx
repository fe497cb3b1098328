import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { backupStrings } from './strings.ts';

type Plan = Schemas['BackupPlan'];

export const plansQuery = queryOptions({
  queryKey: ['backup-plans'],
  queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/backups/plans', { signal })),
});

/** Backups that the box makes by itself: one plan for each folder. */
export function Plans() {
  const t = useStrings(backupStrings);
  const format = useFormat();
  const { data, error, refetch } = useQuery(plansQuery);
  const [setting, setSetting] = useState<Partial<Plan>>();
  const [ending, setEnding] = useState<Plan>();
  return (
    <Card title={t('plans')} actions={<Button onClick={() => setSetting({})}>{t('addPlan')}</Button>}>
      <Stack>
        {error && <LoadFailed error={error} retry={() => void refetch()} />}
        {data?.items.length === 0 && <p className="muted">{t('noPlan')}</p>}
        {data?.items.map((plan) => (
          <Row key={plan.folder} between>
            <span>
              <code style={{ overflowWrap: 'anywhere' }}>{plan.folder}</code>
              <br />
              {t('plan', { every: format.duration(plan.everyMinutes * 60_000), count: plan.keep })}
            </span>
            <Row>
              <Button small onClick={() => setSetting(plan)}>
                {t('changePlan')}
              </Button>
              <Button small kind="dangerQuiet" onClick={() => setEnding(plan)}>
                {t('endPlan')}
              </Button>
            </Row>
          </Row>
        ))}
      </Stack>
      {setting && <SetPlan plan={setting} close={() => setSetting(undefined)} />}
      {ending && <EndPlan plan={ending} close={() => setEnding(undefined)} />}
    </Card>
  );
}

function SetPlan({ plan, close }: { plan: Partial<Plan>; close(): void }) {
  const t = useStrings(backupStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const [folder, setFolder] = useState(plan.folder ?? '');
  const [everyMinutes, setEveryMinutes] = useState(plan.everyMinutes ?? 1440);
  const [keep, setKeep] = useState(plan.keep ?? 7);
  const usual = [60, 360, 1440, 10_080];
  const save = useMutation({
    mutationFn: () =>
      replyOf(admin.PUT('/api/admin/backups/plans', { body: { folder: folder.trim(), everyMinutes, keep } })),
    async onSuccess() {
      toast(t('planSet'), { text: folder.trim() });
      close();
      await queryClient.invalidateQueries(plansQuery);
    },
  });
  const format = useFormat();
  return (
    <ConfirmDialog
      opened
      title={t('planTitle')}
      confirmLabel={ui('save')}
      busy={save.isPending}
      failed={save.error && <LoadFailed error={save.error} title={ui('couldNotSave')} />}
      onConfirm={() => save.mutate()}
      onCancel={close}
    >
      <Stack>
        <TextInput
          label={t('folder')}
          description={t('folderHint')}
          value={folder}
          disabled={plan.folder !== undefined}
          onChange={({ target }) => setFolder(target.value)}
        />
        <NativeSelect
          label={t('every')}
          value={String(everyMinutes)}
          data={[...new Set([...usual, everyMinutes])].map((minutes) => ({
            value: String(minutes),
            label: format.duration(minutes * 60_000),
          }))}
          onChange={({ target }) => setEveryMinutes(Number(target.value))}
        />
        <NumberInput
          label={t('keepFiles')}
          min={1}
          max={10_000}
          value={keep}
          onChange={(value) => typeof value === 'number' && setKeep(value)}
        />
      </Stack>
    </ConfirmDialog>
  );
}

function EndPlan({ plan: { folder }, close }: { plan: Plan; close(): void }) {
  const t = useStrings(backupStrings);
  const queryClient = useQueryClient();
  const end = useMutation({
    mutationFn: () => replyOf(admin.DELETE('/api/admin/backups/plans', { params: { query: { folder } } })),
    async onSuccess() {
      toast(t('planEnded'), { text: folder });
      close();
      await queryClient.invalidateQueries(plansQuery);
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('endPlanTitle')}
      confirmLabel={t('endPlan')}
      cancelLabel={t('keepPlan')}
      busy={end.isPending}
      failed={end.error && <LoadFailed error={end.error} />}
      onConfirm={() => end.mutate()}
      onCancel={close}
    >
      {t('endPlanText', { folder })}
    </ConfirmDialog>
  );
}
