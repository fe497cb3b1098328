import { IconStack2 } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge, type BadgeKind } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { LinkButton } from '../../../ui/controls/link-button.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { shortenId } from '../../../ui/format/format.ts';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { QueryTable } from '../../query-table.tsx';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { JobCounts } from './job-counts.tsx';
import { JobDialog } from './job-dialog.tsx';
import { type JobKind, type JobState, jobKinds, jobStates, shownState } from './job-words.ts';
import { OpenBoard } from './open-board.tsx';
import { RemoveJob } from './remove-job.tsx';
import { jobStrings } from './strings.ts';

export const Route = createLazyRoute('/jobs')({ component: JobsScreen });

type Job = Schemas['Job'];
const LIMIT = 50;

function JobsScreen() {
  const t = useStrings(jobStrings);
  const { kind, state, job, after } = Route.useSearch();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState<Job>();
  const retry = useRetry();
  const show = (id: string | undefined) =>
    void navigate({ to: '.', search: (now) => ({ ...now, job: id }), resetScroll: false });
  const { change } = useAddressFilters();
  const pages = useAddressPages(after);
  const query = useJobs({ kind, state, after });
  const opened = query.data?.items.find(({ id }) => id === job);
  const isFiltered = kind !== undefined || state !== undefined;
  return (
    <Page title={t('title')} lead={t('lead')} actions={<OpenBoard />}>
      {retry.error && <LoadFailed error={retry.error} title={t('notRetried')} />}
      {job !== undefined && query.data && !opened && <Note title={t('notHere')}>{job}</Note>}
      <JobCounts show={change} isShown={state === 'dead'} />
      <QueryTable
        label={t('list')}
        columns={useColumns(show)}
        query={query}
        rowId={({ id }) => id}
        rowName={(one) => `${t(one.kind as JobKind)} ${shortenId(one.id)}`}
        paging={{ pages, limit: LIMIT }}
        secondLine={(one) => <State job={one} />}
        actions={(one) => [
          { label: t('show'), onClick: () => show(one.id) },
          isTriable(one) && { label: t('retry'), onClick: () => retry.mutate(one.id) },
          isRemovable(one) && { label: t('remove'), danger: true, onClick: () => setRemoving(one) },
        ]}
        filters={
          <FilterBar filters={useFilters()} values={{ kind, state } as FilterValues} change={change} />
        }
        {...(isFiltered && { clearFilters: () => change({ kind: undefined, state: undefined }) })}
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

function useJobs({
  kind,
  state,
  after,
}: {
  kind: JobKind | undefined;
  state: JobState | undefined;
  after: string | undefined;
}) {
  return useQuery({
    queryKey: ['jobs', kind, state, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/jobs', {
          params: {
            query: {
              limit: LIMIT,
              cursor: after,
              ...(kind && { kind }),
              ...(state && { state }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: after === undefined ? 10_000 : false,
  });
}

function useRetry() {
  const t = useStrings(jobStrings);
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      replyOf(admin.POST('/api/admin/jobs/{id}/retry', { params: { path: { id } } })),
    async onSuccess() {
      toast(t('retriedToast'));
      await queryClient.invalidateQueries({ queryKey: ['jobs'] });
    },
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

function useColumns(show: (id: string) => void): readonly Column<Job>[] {
  const t = useStrings(jobStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'job',
        header: t('job'),
        cell: ({ id, kind, lastError }) => (
          <TwoLines second={lastError ?? <code>{shortenId(id)}</code>}>
            <LinkButton onClick={() => show(id)}>{t(kind as JobKind)}</LinkButton>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (job) => <State job={job} /> },
      {
        id: 'attempts',
        header: t('attempts'),
        number: true,
        priority: 2,
        cell: ({ attempts, mostAttempts }) =>
          t('of', { attempts: format.count(attempts), most: format.count(mostAttempts) }),
      },
      {
        id: 'next',
        header: t('next'),
        priority: 3,
        cell: ({ state, runAt }) => state === 'waiting' && runAt !== undefined && <RelativeTime at={runAt} />,
      },
      {
        id: 'ended',
        header: t('ended'),
        priority: 2,
        cell: ({ finishedAt }) => finishedAt !== undefined && <RelativeTime at={finishedAt} />,
      },
      {
        id: 'added',
        header: t('added'),
        priority: 3,
        cell: ({ createdAt }) => createdAt !== undefined && <RelativeTime at={createdAt} />,
      },
    ],
    [t, format, show],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(jobStrings);
  return useMemo(
    () => [
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: jobStates.map((value) => ({ value, label: t(value) })),
      },
      {
        key: 'kind',
        label: t('kind'),
        kind: 'choice',
        options: jobKinds.map((value) => ({ value, label: t(value) })),
      },
    ],
    [t],
  );
}
