import { IconActivityHeartbeat } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ScoreBar } from '../../../ui/badges/score-bar.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { usePages } from '../../../ui/tables/use-pages.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { useWorld } from '../../session/session-query.ts';
import { behaviorStrings } from './strings.ts';
import { BehaviorBadge, Notes } from './verdict-parts.tsx';

type Verdict = Schemas['BehaviorVerdict'];
const LIMIT = 50;
const HUMAN = 0.5;

/** Verdicts whose tokens have not run out, the newest first; the first page is read again every so often. */
export function VerdictList({
  human,
  after,
  every,
}: {
  human: 'true' | 'false' | undefined;
  after: string | undefined;
  every: number;
}) {
  const t = useStrings(behaviorStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const columns = useColumns();
  const go = (patch: object) => void navigate({ to: '.', search: (now) => ({ ...now, ...patch }) });
  const pages = usePages(after, (cursor) => go({ after: cursor }));
  const query = useQuery({
    queryKey: ['behavior-verdicts', env, human, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/behavior/verdicts', {
          params: { query: { env, limit: LIMIT, human, cursor: after } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: after === undefined ? every : false,
  });
  const filters = useMemo<readonly Filter[]>(
    () => [
      {
        key: 'human',
        label: t('verdict'),
        kind: 'choice',
        options: [
          { value: 'true', label: t('onlyHuman') },
          { value: 'false', label: t('onlyBots') },
        ],
      },
    ],
    [t],
  );
  return (
    <QueryTable
      label={t('verdicts')}
      columns={columns}
      query={query}
      rowId={({ id }) => id}
      paging={{ pages, limit: LIMIT }}
      secondLine={({ confidence, notes }) => (
        <div>
          <ScoreBar score={confidence} threshold={HUMAN} />
          <div>
            <Notes notes={notes} />
          </div>
        </div>
      )}
      filters={
        <FilterBar
          filters={filters}
          values={{ human } as FilterValues}
          change={(patch) => go({ ...patch, after: undefined })}
        />
      }
      {...(human && { clearFilters: () => go({ human: undefined, after: undefined }) })}
      empty={
        <EmptyState
          icon={IconActivityHeartbeat}
          title={t('empty')}
          action={<ButtonLink to="/behavior/try">{t('tryIt')}</ButtonLink>}
        >
          {t('emptyText')}
        </EmptyState>
      }
    />
  );
}

function useColumns(): readonly Column<Verdict>[] {
  const t = useStrings(behaviorStrings);
  const format = useFormat();
  return useMemo(
    () => [
      { id: 'at', header: t('at'), cell: ({ at }) => <RelativeTime at={at} /> },
      { id: 'verdict', header: t('verdict'), cell: (verdict) => <BehaviorBadge verdict={verdict} /> },
      {
        id: 'score',
        header: t('score'),
        priority: 2,
        cell: ({ confidence }) => <ScoreBar score={confidence} threshold={HUMAN} />,
      },
      { id: 'notes', header: t('notes'), priority: 2, cell: ({ notes }) => <Notes notes={notes} /> },
      {
        id: 'evidence',
        header: t('evidence'),
        priority: 3,
        number: true,
        cell: ({ evidence }) => format.score(evidence),
      },
      { id: 'kind', header: t('kind'), priority: 3, cell: ({ kind }) => t(kind) },
    ],
    [t, format],
  );
}
