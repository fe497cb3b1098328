import { TextInput } from '@mantine/core';
import { IconDatabaseExport } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { Badge, Button, RelativeTime } from '../../../ui/controls/index.ts';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Card, ConfirmDialog, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { uiStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { api, list, read, type Schemas } from '../../data.ts';
import {
  ConfirmForm,
  ConfirmOperation,
  QueryTable,
  Refused,
  RunCommand,
  useList,
  useOperation,
} from '../../operations.ts';
import { BackupProgress, Drills, useDrill } from './drills.tsx';
import { backupStrings } from './strings.ts';

export const Route = createLazyRoute('/backups')({ component: BackupsScreen });

type Backup = Schemas['Backup'];

function BackupsScreen() {
  const t = useStrings(backupStrings);
  const { after } = Route.useSearch();
  const [asking, setAsking] = useState(false);
  const query = useList(list('/api/admin/backups', { cursor: after }));
  const { data: plans } = useQuery(plansQuery);
  const drill = useDrill();
  const warnings = plans?.warnings ?? [];
  const now = (
    <Button kind="primary" onClick={() => setAsking(true)}>
      {t('now')}
    </Button>
  );
  return (
    <Page title={t('title')} lead={t('lead')} actions={query.data?.items.length !== 0 && now}>
      {warnings.length > 0 && (
        <Note kind="warn" title={t('warnings')}>
          {warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Note>
      )}
      <Plans />
      <Drills error={drill.error} />
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, backupStrings)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ path }) => path}
        actions={({ id, file }) => [file === 'there' && { label: t('try'), onClick: () => drill.mutate(id) }]}
        after={after}
        secondLine={(backup) => <State backup={backup} />}
        empty={{ icon: IconDatabaseExport, title: t('empty'), action: now, text: t('emptyText') }}
      />
      {asking && <BackupNow folder={plans?.items[0]?.folder ?? ''} close={() => setAsking(false)} />}
    </Page>
  );
}

function State({ backup: { outcome, file, reason } }: { backup: Backup }) {
  const t = useStrings(backupStrings);
  switch (outcome) {
    case 'running':
      return <Badge kind="info">{t('running')}</Badge>;
    case 'failed':
      return <Badge kind="bad">{t('failed')}</Badge>;
    case 'unproven':
      return <Badge kind="warn">{t('unproven')}</Badge>;
    case 'done':
      if (file === 'removed') return <Badge kind="outline">{t('removed')}</Badge>;
      if (reason !== undefined) return <Badge kind="warn">{t('altered')}</Badge>;
      return file === 'away' ? (
        <Badge kind="warn">{t('away')}</Badge>
      ) : (
        <Badge kind="ok">{t('proven')}</Badge>
      );
    default:
      return outcome satisfies never;
  }
}

const listColumns: Columns<Backup, typeof backupStrings> = [
  {
    id: 'file',
    csv: 'path',
    cell: ({ path, reason }) => (
      <TwoLines second={reason}>
        <code style={{ overflowWrap: 'anywhere' }}>{path}</code>
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'outcome', priority: 2, cell: (backup) => <State backup={backup} /> },
  {
    id: 'bytes',
    header: 'size',
    number: true,
    priority: 2,
    cell: ({ bytes }, { format }) => bytes !== undefined && format.bytes(bytes),
  },
  {
    id: 'started',
    csv: 'startedAt',
    priority: 2,
    cell: ({ startedAt, futureDated }, { t }) => (
      <TwoLines second={futureDated ? t('futureDated') : undefined}>
        <RelativeTime at={startedAt} />
      </TwoLines>
    ),
  },
  {
    id: 'proven',
    csv: 'verifiedAt',
    header: 'provenAt',
    priority: 3,
    cell: ({ verifiedAt }) => verifiedAt !== undefined && <RelativeTime at={verifiedAt} />,
  },
  { id: 'origin', header: 'by', priority: 3, cell: ({ origin }, { t }) => t(origin) },
];

/** Writes a backup into a folder of the box, and shows what came of it. */
function BackupNow({ folder: known, close }: { folder: string; close(): void }) {
  const t = useStrings(backupStrings);
  const ui = useStrings(uiStrings);
  const [folder, setFolder] = useState(known);
  const [keysTo, setKeysTo] = useState('');
  const write = useOperation(
    () =>
      api.post(
        '/api/admin/backups',
        {},
        { folder: folder.trim(), ...(keysTo.trim() && { keysTo: keysTo.trim() }) },
      ),
    { toast: t('written'), settled: ['backups', 'backup-drills', 'works'] },
  );
  if (write.data) return <Written made={write.data} close={close} again={() => write.reset()} />;
  return (
    <ConfirmDialog
      opened
      title={t('nowTitle')}
      confirmLabel={t('now')}
      busy={write.isPending}
      failed={<Refused of={write} title={t('notWritten')} />}
      onConfirm={() => write.mutate()}
      onCancel={close}
    >
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
      <RunCommand run={write.run} />
    </ConfirmDialog>
  );
}

/** The file, where the keys are, and what follows from that. */
function Written({
  made: { path, keys, reason },
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
      <code style={{ overflowWrap: 'anywhere' }}>{path}</code>
      {keys.map(({ place, state, reason }) => (
        <p key={place}>
          {t('keysAt', { place })}: {t(state)} {reason}
        </p>
      ))}
      {reason !== undefined && <Note kind="warn" title={t('writtenAltered')} />}
      {keys.some(({ place }) => path.startsWith(`${place}/`)) && <Note kind="warn" title={t('keysBeside')} />}
      {keys.length < 2 && <Note kind="warn" title={t('oneKeyCopy')} />}
    </ConfirmDialog>
  );
}

type Plan = Schemas['BackupPlan'];

const plansQuery = read('/api/admin/backups/plans');

/** Backups that the box makes by itself: one plan for each folder. */
function Plans() {
  const t = useStrings(backupStrings);
  const format = useFormat();
  const { data, error, refetch } = useQuery(plansQuery);
  const [setting, setSetting] = useState<Partial<Plan>>();
  const [ending, setEnding] = useState<Plan>();
  return (
    <Card title={t('plans')} actions={<Button onClick={() => setSetting({})}>{t('addPlan')}</Button>}>
      <Stack>
        <Refused of={{ error, refetch }} />
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

interface PlanValues {
  folder: string;
  every: string;
  keepFiles: number;
}
const PlanField = fieldsOf<PlanValues>()(backupStrings);

function SetPlan({ plan, close }: { plan: Partial<Plan>; close(): void }) {
  const t = useStrings(backupStrings);
  const ui = useStrings(uiStrings);
  const format = useFormat();
  const form = useForm<PlanValues>({
    defaultValues: {
      folder: plan.folder ?? '',
      every: String(plan.everyMinutes ?? 1440),
      keepFiles: plan.keep ?? 7,
    },
  });
  const minutes = new Set(['60', '360', '1440', '10080', form.getValues('every')]);
  return (
    <ConfirmForm
      form={form}
      run={({ folder, every, keepFiles }) =>
        api.put(
          '/api/admin/backups/plans',
          {},
          { folder: folder.trim(), everyMinutes: Number(every), keep: keepFiles },
        )
      }
      toast={(_, { folder }) => [t('planSet'), folder.trim()]}
      refresh={['backups']}
      title={t('planTitle')}
      confirmLabel={ui('save')}
      close={close}
    >
      <PlanField name="folder" disabled={plan.folder !== undefined} />
      <PlanField
        name="every"
        options={[...minutes].map((value) => ({ value, label: format.duration(Number(value) * 60_000) }))}
      />
      <PlanField name="keepFiles" as="whole" min={1} max={10_000} />
    </ConfirmForm>
  );
}

function EndPlan({ plan: { folder }, close }: { plan: Plan; close(): void }) {
  const t = useStrings(backupStrings);
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/backups/plans', { folder })}
      toast={[t('planEnded'), folder]}
      refresh={['backups']}
      danger
      title={t('endPlanTitle')}
      confirmLabel={t('endPlan')}
      cancelLabel={t('keepPlan')}
      close={close}
    >
      {t('endPlanText', { folder })}
    </ConfirmOperation>
  );
}
