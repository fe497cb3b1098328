import { IconFileText, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ExactTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { LinkButton } from '../../../ui/controls/link-button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { shortenId } from '../../../ui/format/format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { Actor } from '../../actor.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { useSession } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { AuditLineDialog } from './audit-line-dialog.tsx';
import { startOf } from './day.ts';
import { ExportDialog } from './export-dialog.tsx';
import { Outcome } from './outcome.tsx';
import { auditStrings } from './strings.ts';
import { VerifyChain } from './verify-chain.tsx';

export const Route = createLazyRoute('/audit')({ component: AuditScreen });

type Line = Schemas['AuditLine'];
const LIMIT = 50;

function AuditScreen() {
  const t = useStrings(auditStrings);
  const { user } = useSession();
  const { after, ...filters } = Route.useSearch();
  const { action, person, actor, from, until } = filters;
  const [shown, setShown] = useState<Line>();
  const [exporting, setExporting] = useState(false);
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['audit', filters, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/audit', {
          params: {
            query: {
              limit: LIMIT,
              cursor: after,
              action,
              actor,
              subject: person,
              since: startOf(from, 0),
              until: startOf(until, 1),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    // Each read access is itself recorded, so it happens only on request.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  const { change } = useAddressFilters();
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <Button busy={query.isFetching} onClick={() => void query.refetch()}>
            <IconRefresh size={18} stroke={1.75} aria-hidden="true" />
            {t('reload')}
          </Button>
          <Button onClick={() => setExporting(true)}>{t('export')}</Button>
        </>
      }
    >
      {user.applianceOwner && <VerifyChain />}
      <QueryTable
        label={t('list')}
        columns={useColumns(setShown)}
        query={query}
        rowId={({ seq }) => String(seq)}
        paging={{ pages, limit: LIMIT }}
        secondLine={({ actor, outcome, time }) => (
          <>
            <Outcome outcome={outcome} /> <Actor actor={actor} />, <ExactTime at={time} />
          </>
        )}
        filters={<FilterBar filters={useFilters(actor)} values={filters as FilterValues} change={change} />}
        {...(isFiltered && { clearFilters: () => change(noFilters) })}
        empty={
          <EmptyState icon={IconFileText} title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      {shown && <AuditLineDialog line={shown} close={() => setShown(undefined)} only={change} />}
      {exporting && <ExportDialog close={() => setExporting(false)} />}
    </Page>
  );
}

function useColumns(show: (line: Line) => void): readonly Column<Line>[] {
  const t = useStrings(auditStrings);
  return useMemo(
    () => [
      {
        id: 'action',
        header: t('action'),
        cell: (line) => (
          <LinkButton
            onClick={() => show(line)}
            aria-label={t('showLine', { seq: line.seq, action: line.action })}
          >
            <code>{line.action}</code>
          </LinkButton>
        ),
      },
      {
        id: 'outcome',
        header: t('outcome'),
        priority: 2,
        cell: ({ outcome }) => <Outcome outcome={outcome} />,
      },
      { id: 'actor', header: t('actor'), priority: 2, cell: ({ actor }) => <Actor actor={actor} /> },
      {
        id: 'target',
        header: t('target'),
        priority: 3,
        cell: ({ target, subject }) => <code>{shortenId(target ?? subject ?? '')}</code>,
      },
      { id: 'time', header: t('time'), priority: 2, cell: ({ time }) => <ExactTime at={time} /> },
      { id: 'seq', header: t('number'), number: true, priority: 3, cell: ({ seq }) => seq },
    ],
    [t, show],
  );
}

const noFilters = {
  action: undefined,
  person: undefined,
  actor: undefined,
  from: undefined,
  until: undefined,
};
const kinds = ['administrator', 'operator', 'key', 'kiosk', 'appliance'] as const;

function useFilters(actor: string | undefined): readonly Filter[] {
  const t = useStrings(auditStrings);
  return useMemo(
    () => [
      {
        key: 'actor',
        label: t('actor'),
        kind: 'choice',
        options: [
          ...kinds.map((kind) => ({ value: kind, label: t(`${kind}s`) })),
          // One that a line was filtered by: it stays among the choices.
          ...(actor?.includes(':') ? [{ value: actor, label: shortenId(actor) }] : []),
        ],
      },
      { key: 'from', label: t('fromDay'), kind: 'day' },
      { key: 'until', label: t('untilDay'), kind: 'day' },
      { key: 'action', label: t('action'), kind: 'text', hint: t('actionHint') },
      { key: 'person', label: t('person'), kind: 'text', hint: t('personHint') },
    ],
    [t, actor],
  );
}
