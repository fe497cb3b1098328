import { IconServer2 } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, EmptyState, Page, Row } from '../../../ui/layout/index.ts';
import { defineStrings, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { api, type Schemas } from '../../data.ts';
import { ConfirmOperation, QueryTable, Refused, useList, useOperation } from '../../operations.ts';
import { nodesQuery } from '../../queries.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const nodeStrings = defineStrings('console/features/nodes/strings', en, de);

export const Route = createLazyRoute('/nodes')({ component: NodesScreen });

type Node = Schemas['Node'];

const EVERY = 5_000;
/** Milliseconds that a clock may differ without a word: a statement at the server takes as long. */
const IN_TIME = 100;

function NodesScreen() {
  const t = useStrings(nodeStrings);
  const columns = useColumns(listColumns, nodeStrings);
  const query = useList({ ...nodesQuery, refetchInterval: EVERY });
  const [asked, setAsked] = useState<{ what: 'remove' | 'drain'; id: string }>();
  const undrain = useOperation((id: string) => api.delete('/api/admin/nodes/{id}/drain', { id }), {
    toast: (_, id) => [t('undrainDone'), id],
    settled: changed,
  });
  const isAlone = query.data?.items.every(({ id }) => id === undefined);
  return (
    <Page title={t('title')} lead={t('lead')}>
      {isAlone ? (
        <Card flush>
          <EmptyState icon={IconServer2} title={t('emptyTitle')} text={t('emptyText')} />
        </Card>
      ) : (
        <QueryTable
          label={t('title')}
          query={query}
          columns={columns}
          rowId={idOf}
          rowName={idOf}
          secondLine={(node) => (
            <Row gap={8}>
              <State node={node} />
              <Leases node={node} />
            </Row>
          )}
          actions={({ id, state }) =>
            id === undefined
              ? []
              : [
                  state === 'running' && {
                    label: t('drain'),
                    onClick: () => setAsked({ what: 'drain', id }),
                  },
                  state === 'drained' && { label: t('undrain'), onClick: () => undrain.mutate(id) },
                  (state === 'silent' || state === 'stopped') && {
                    label: t('remove'),
                    danger: true,
                    onClick: () => setAsked({ what: 'remove', id }),
                  },
                ]
          }
          empty={null}
        />
      )}
      {undrain.error && <Refused of={undrain} title={t('notUndrained')} />}
      {asked?.what === 'drain' && (
        <ConfirmOperation
          run={() => api.post('/api/admin/nodes/{id}/drain', { id: asked.id })}
          toast={[t('drainDone'), asked.id]}
          refresh={changed}
          close={() => setAsked(undefined)}
          title={t('drainTitle', { node: asked.id })}
          confirmLabel={t('drain')}
          cancelLabel={t('keep')}
        >
          {t('drainText')}
        </ConfirmOperation>
      )}
      {asked?.what === 'remove' && (
        <ConfirmOperation
          run={() => api.delete('/api/admin/nodes/{id}', { id: asked.id })}
          toast={[t('removed'), asked.id]}
          refresh={changed}
          close={() => setAsked(undefined)}
          title={t('removeTitle', { node: asked.id })}
          confirmLabel={t('remove')}
          cancelLabel={t('keep')}
          danger
        >
          {t('removeText')}
        </ConfirmOperation>
      )}
    </Page>
  );
}

const changed = ['nodes', 'status', 'overview'];
const idOf = ({ id = '' }: Node) => id;

const kinds = { running: 'ok', drained: 'info', silent: 'bad', stopped: 'outline' } as const;

function State({ node: { state, lags, diskFull, lostLines } }: { node: Node }) {
  const t = useStrings(nodeStrings);
  return (
    <>
      <Badge kind={kinds[state]}>{t(state)}</Badge>
      {lags && <Badge kind="bad">{t('lags')}</Badge>}
      {diskFull && <Badge kind="bad">{t('diskFull')}</Badge>}
      {lostLines && <Badge kind="bad">{t('lostLines', { lines: lostLines })}</Badge>}
    </>
  );
}

const isKey = (key: string): key is keyof typeof nodeStrings.en => key in nodeStrings.en;

function Leases({ node: { leases } }: { node: Node }) {
  const t = useStrings(nodeStrings);
  const nameOf = (work: string) => {
    const key = `lease-${work}`;
    return isKey(key) ? t(key as 'lease-relay') : work;
  };
  return leases.map(nameOf).join(', ');
}

const listColumns: Columns<Node, typeof nodeStrings> = [
  {
    id: 'node',
    csv: { id: 'node', address: 'address' },
    cell: ({ id, name, address, isThis }, { t }) => (
      <TwoLines second={[name, address].filter(Boolean).join(', ') || undefined}>
        <span className="nowrap">
          <code>{id}</code> {isThis && <Badge kind="outline">{t('thisOne')}</Badge>}
        </span>
      </TwoLines>
    ),
  },
  { id: 'state', priority: 2, cell: (node) => <State node={node} /> },
  {
    id: 'leases',
    priority: 2,
    csv: false,
    cell: (node) => <Leases node={node} />,
  },
  {
    id: 'behind',
    header: 'changesBehind',
    csv: 'changesBehind',
    priority: 3,
    cell: ({ changesBehind: count }, { t }) =>
      count !== undefined && (count === 0 ? t('upToDate') : t('changes', { count })),
  },
  {
    id: 'clock',
    csv: 'clockAheadMilliseconds',
    priority: 3,
    cell: ({ clockAheadMilliseconds: ahead }, { t, format }) => {
      if (ahead === undefined) return null;
      if (Math.abs(ahead) < IN_TIME) return t('inTime');
      return t(ahead > 0 ? 'ahead' : 'behindTime', { time: format.duration(Math.abs(ahead)) });
    },
  },
  {
    id: 'version',
    csv: { version: 'version', schema: 'schema' },
    priority: 3,
    cell: ({ version, isOutdated }, { t }) =>
      version !== undefined && <TwoLines second={isOutdated ? t('outdated') : undefined}>{version}</TwoLines>,
  },
  {
    id: 'since',
    priority: 3,
    cell: ({ since }) => since !== undefined && <RelativeTime at={since} />,
  },
  {
    id: 'lastSign',
    csv: 'lastSignAt',
    priority: 2,
    cell: ({ lastSignAt }) => lastSignAt !== undefined && <RelativeTime at={lastSignAt} />,
  },
];
