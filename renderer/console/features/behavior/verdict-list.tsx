import { IconActivityHeartbeat } from '@tabler/icons-react';
import { ButtonLink, RelativeTime, ScoreBar } from '../../../ui/controls/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { list, type Schemas, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { behaviorStrings } from './strings.ts';
import { BehaviorBadge, Notes } from './verdict-parts.tsx';

type Verdict = Schemas['BehaviorVerdict'];
const HUMAN = 0.5;

const listFilters: Filters<typeof behaviorStrings> = [
  { key: 'human', label: 'verdict', kind: 'choice', options: { true: 'onlyHuman', false: 'onlyBots' } },
];

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
  const query = useList({
    ...list('/api/admin/behavior/verdicts', { env, human, cursor: after }),
    refetchInterval: after === undefined ? every : false,
  });
  return (
    <QueryTable
      label={t('verdicts')}
      columns={useColumns(listColumns, behaviorStrings)}
      query={query}
      rowId={({ id }) => id}
      after={after}
      secondLine={({ confidence, notes }) => (
        <div>
          <ScoreBar score={confidence} threshold={HUMAN} />
          <div>
            <Notes notes={notes} />
          </div>
        </div>
      )}
      filters={useFilters(listFilters, behaviorStrings)}
      values={{ human }}
      empty={{
        icon: IconActivityHeartbeat,
        title: t('empty'),
        action: <ButtonLink to="/behavior/try">{t('tryIt')}</ButtonLink>,
        text: t('emptyText'),
      }}
    />
  );
}

const listColumns: Columns<Verdict, typeof behaviorStrings> = [
  { id: 'at', cell: ({ at }) => <RelativeTime at={at} /> },
  { id: 'verdict', csv: 'human', cell: (verdict) => <BehaviorBadge verdict={verdict} /> },
  {
    id: 'score',
    csv: 'confidence',
    priority: 2,
    cell: ({ confidence }) => <ScoreBar score={confidence} threshold={HUMAN} />,
  },
  { id: 'notes', priority: 2, cell: ({ notes }) => <Notes notes={notes} /> },
  { id: 'evidence', priority: 3, number: true, cell: ({ evidence }, { format }) => format.score(evidence) },
  { id: 'kind', priority: 3, cell: ({ kind }, { t }) => t(kind) },
];
