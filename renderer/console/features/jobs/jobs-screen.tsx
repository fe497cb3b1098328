import { IconExternalLink, IconStack2 } from '@tabler/icons-react';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import {
  Badge,
  type BadgeKind,
  Button,
  ExactTime,
  Id,
  LinkButton,
  RelativeTime,
  Snippet,
} from '../../../ui/controls/index.ts';
import { Dialog, EmptyState, KeyValues, Note, Page, Row } from '../../../ui/layout/index.ts';
import { shortenId, uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { api, list, type Schemas } from '../../data.ts';
import {
  ConfirmOperation,
  QueryTable,
  Refused,
  useAddressFilters,
  useList,
  useOperation,
} from '../../operations.ts';
import { boardPath } from './board-path.ts';
import { JobCounts } from './job-counts.tsx';
import { type JobKind, type JobState, jobKinds, jobStates, shownState } from './job-words.ts';
import { jobStrings } from './strings.ts';

export const Route = createLazyRoute('/jobs')({ component: JobsScreen });

type Job = Schemas['Job'];

function JobsScreen() {
  const t = useStrings(jobStrings);
  const { kind, state, job, after } = Route.useSearch();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState<Job>();
  const retry = useRetry();
  const show = (id: string | undefined) =>
    void navigate({ to: '.', search: (now) => ({ ...now, job: id }), resetScroll: false });
  const query = useList({
    ...list('/api/admin/jobs', { cursor: after, kind, state }),
    refetchInterval: after === undefined ? 10_000 : false,
  });
  const opened = query.data?.items.find(({ id }) => id === job);
  return (
    <Page title={t('title')} lead={t('lead')} actions={<OpenBoard />}>
      <Refused of={retry} title={t('notRetried')} />
      {job !== undefined && query.data && !opened && <Note title={t('notHere')}>{job}</Note>}
      <JobCounts show={useAddressFilters()} isShown={state === 'dead'} />
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, jobStrings, show)}
        query={query}
        rowId={({ id }) => id}
        rowName={(one) => `${t(one.kind as JobKind)} ${shortenId(one.id)}`}
        after={after}
        secondLine={(one) => <State job={one} />}
        actions={(one) => [
          { label: t('show'), onClick: () => show(one.id) },
          isTriable(one) && { label: t('retry'), onClick: () => retry.mutate(one.id) },
          isRemovable(one) && { label: t('remove'), danger: true, onClick: () => setRemoving(one) },
        ]}
        filters={useFilters(listFilters, jobStrings)}
        values={{ kind, state }}
        empty={
          <EmptyState icon={IconStack2} title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      {opened && (
        <JobDialog
          job={opened}
          close={() => show(undefined)}
          action={
            isTriable(opened) && (
              <Button kind="primary" busy={retry.isPending} onClick={() => retry.mutate(opened.id)}>
                {t('retry')}
              </Button>
            )
          }
        />
      )}
      {removing && <RemoveJob job={removing} close={() => setRemoving(undefined)} />}
    </Page>
  );
}

const isTriable = ({ state }: Pick<Job, 'state'>) => state === 'dead' || state === 'waiting';
/** Recurring work has its kind as its id. */
const isRemovable = ({ id, state }: Job) => id.startsWith('dlv_') && isTriable({ state });

function useRetry() {
  const t = useStrings(jobStrings);
  return useOperation((id: string) => api.post('/api/admin/jobs/{id}/retry', { id }), {
    toast: t('retriedToast'),
    refresh: ['jobs'],
  });
}

const kinds: Record<JobState, BadgeKind> = {
  waiting: 'info',
  delayed: 'outline',
  leased: 'info',
  done: 'ok',
  dead: 'bad',
};

function State({ job }: { job: Job }) {
  const t = useStrings(jobStrings);
  const state = shownState(job, Date.now());
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}

const listColumns: Columns<Job, typeof jobStrings, (id: string) => void> = [
  {
    id: 'job',
    csv: 'kind',
    cell: ({ id, kind, lastError }, { t, context: show }) => (
      <TwoLines second={lastError ?? <code>{shortenId(id)}</code>}>
        <LinkButton onClick={() => show(id)}>{t(kind as JobKind)}</LinkButton>
      </TwoLines>
    ),
  },
  { id: 'state', priority: 2, cell: (job) => <State job={job} /> },
  {
    id: 'attempts',
    number: true,
    priority: 2,
    cell: ({ attempts, mostAttempts }, { t, format }) =>
      t('of', { attempts: format.count(attempts), most: format.count(mostAttempts) }),
  },
  {
    id: 'next',
    csv: 'runAt',
    priority: 3,
    cell: ({ state, runAt }) => state === 'waiting' && runAt !== undefined && <RelativeTime at={runAt} />,
  },
  {
    id: 'ended',
    csv: 'finishedAt',
    priority: 2,
    cell: ({ finishedAt }) => finishedAt !== undefined && <RelativeTime at={finishedAt} />,
  },
  {
    id: 'added',
    csv: 'createdAt',
    priority: 3,
    cell: ({ createdAt }) => createdAt !== undefined && <RelativeTime at={createdAt} />,
  },
];

const listFilters: Filters<typeof jobStrings> = [
  { key: 'state', kind: 'choice', options: jobStates },
  { key: 'kind', kind: 'choice', options: jobKinds },
];

/** What the job stands for is never done. */
function RemoveJob({ job, close }: { job: Schemas['Job']; close(): void }) {
  const t = useStrings(jobStrings);
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/jobs/{id}', { id: job.id, confirm: job.id })}
      toast={t('removedToast')}
      refresh={['jobs']}
      danger
      title={t('removeTitle')}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      refusal={t('notRemoved')}
      close={close}
    >
      {t('removeText', { what: t(job.kind as JobKind) })}
    </ConfirmOperation>
  );
}

/** One job: ids and states; nothing personal is in it. */
function JobDialog({ job, action, close }: { job: Schemas['Job']; action: ReactNode; close(): void }) {
  const t = useStrings(jobStrings);
  const ui = useStrings(uiStrings);
  return (
    <Dialog title={t(job.kind as JobKind)} close={close}>
      <KeyValues
        entries={{
          [t('state')]: t(shownState(job, Date.now())),
          [t('attempts')]: t('of', { attempts: job.attempts, most: job.mostAttempts }),
          [t('error')]: job.lastError,
          [t('next')]: job.state === 'waiting' && job.runAt && <ExactTime at={job.runAt} />,
          [t('added')]: job.createdAt && <ExactTime at={job.createdAt} />,
          [t('ended')]: job.finishedAt && <ExactTime at={job.finishedAt} />,
          [t('lane')]: job.lane && <Id id={job.lane} name={t('lane')} />,
          [t('organization')]: job.organization && <Id id={job.organization} name={t('organization')} />,
          [t('id')]: <Id id={job.id} full name={t('id')} />,
        }}
      />
      {Object.keys(job.payload).length > 0 && (
        <Snippet code={JSON.stringify(job.payload, null, 2)} name={t('payload')} />
      )}
      <Row>
        {action}
        <Button onClick={close} data-autofocus>
          {ui('close')}
        </Button>
      </Row>
    </Dialog>
  );
}

/** Opens bull-board in a tab of its own, by a link for one use. Where the browser blocks the tab, the link stands in a dialog. */
function OpenBoard() {
  const t = useStrings(jobStrings);
  const [blocked, setBlocked] = useState<string>();
  const open = useOperation(() => api.post('/api/admin/jobs/links'), {
    done: ({ url }) => {
      const path = boardPath(url);
      const tab = window.open(path, '_blank');
      if (tab) tab.opener = null;
      else setBlocked(path);
    },
  });
  const close = () => {
    setBlocked(undefined);
    open.reset();
  };
  return (
    <>
      <Button kind="primary" busy={open.isPending} onClick={() => open.mutate()} icon={IconExternalLink}>
        {t('board')}
      </Button>
      <Dialog
        opened={blocked !== undefined || open.isError}
        title={open.isError ? t('boardFailed') : t('boardReady')}
        close={close}
      >
        <Refused of={open} title={t('boardFailed')} />
        {blocked !== undefined && (
          <>
            <p className="muted">{t('boardText')}</p>
            <p>
              <a href={blocked} target="_blank" rel="noopener noreferrer" onClick={close}>
                {t('boardOpen')}
              </a>
            </p>
          </>
        )}
      </Dialog>
    </>
  );
}
