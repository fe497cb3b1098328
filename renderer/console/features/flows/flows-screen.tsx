import { IconPlus, IconRoute } from '@tabler/icons-react';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, ButtonLink, CopyButton, RelativeTime } from '../../../ui/controls/index.ts';
import { Page, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { Actor, managers, type Schemas, useSession, whole } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { PublishFlow, RemoveFlow, UnpublishFlow } from './flow-dialogs.tsx';
import { stateOf } from './flow-values.ts';
import { flowStrings } from './strings.ts';

export const Route = createLazyRoute('/flows')({ component: FlowsScreen });

type Flow = Schemas['Flow'];

function FlowsScreen() {
  const t = useStrings(flowStrings);
  const { user } = useSession();
  const { find } = Route.useSearch();
  const columns = useColumns(listColumns, flowStrings);
  const [asked, setAsked] = useState<{ what: Asked; flow: Flow }>();
  const query = useList(whole('/api/admin/flows'));
  const mayChange = managers.includes(user.role);
  const items = query.data?.items;
  const create = mayChange && (
    <ButtonLink to="/flows/new" kind="primary" icon={IconPlus}>
      {t('create')}
    </ButtonLink>
  );
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <ButtonLink to="/flows/targets">{t('targetsLink')}</ButtonLink>
          {items?.length !== 0 && create}
        </>
      }
    >
      <QueryTable
        label={t('list')}
        columns={columns}
        query={query}
        rowId={({ id }) => id}
        rowName={({ draft }) => draft.name}
        secondLine={(flow) => <SecondLine flow={flow} />}
        names={({ id, draft, published }) => [draft.name, published?.definition.name, id]}
        values={{ find }}
        actions={(flow) =>
          mayChange
            ? [
                stateOf(flow) !== 'published' &&
                  flow.problems.length === 0 && {
                    label: t(flow.published ? 'publishChanges' : 'publish'),
                    onClick: () => setAsked({ what: 'publish', flow }),
                  },
                flow.published !== undefined && {
                  label: t('unpublish'),
                  onClick: () => setAsked({ what: 'unpublish', flow }),
                },
                flow.published === undefined && {
                  label: t('remove'),
                  danger: true,
                  onClick: () => setAsked({ what: 'remove', flow }),
                },
              ]
            : []
        }
        empty={{ icon: IconRoute, title: t('empty'), action: create, text: t('emptyLead') }}
      />
      {asked && <Dialog {...asked} close={() => setAsked(undefined)} />}
    </Page>
  );
}

type Asked = 'publish' | 'unpublish' | 'remove';

function Dialog({ what, ...rest }: { what: Asked; flow: Flow; close(): void }) {
  if (what === 'publish') return <PublishFlow {...rest} />;
  return what === 'unpublish' ? <UnpublishFlow {...rest} /> : <RemoveFlow {...rest} />;
}

function SecondLine({ flow }: { flow: Flow }) {
  const t = useStrings(flowStrings);
  return (
    <>
      <FlowState flow={flow} /> {t(`product.${flow.draft.product}`)}
    </>
  );
}

const listColumns: Columns<Flow, typeof flowStrings> = [
  {
    id: 'name',
    csv: 'draft.name',
    cell: ({ id, draft }) => (
      <Link to="/flows/$id" params={{ id }}>
        {draft.name}
      </Link>
    ),
  },
  { id: 'state', csv: 'changed', priority: 2, cell: (flow) => <FlowState flow={flow} /> },
  {
    id: 'product',
    csv: 'draft.product',
    priority: 2,
    cell: ({ draft }, { t }) => t(`product.${draft.product}`),
  },
  {
    id: 'address',
    csv: 'path',
    priority: 3,
    cell: ({ path }, { t }) => (
      <Row gap={4} wrap={false}>
        <code>{path}</code>
        <CopyButton text={location.origin + path} name={t('address')} />
      </Row>
    ),
  },
  {
    id: 'changed',
    csv: 'changedAt',
    header: 'changedAt',
    priority: 2,
    cell: ({ changedAt }) => <RelativeTime at={changedAt} />,
  },
  { id: 'by', csv: 'changedBy', priority: 3, cell: ({ changedBy }) => <Actor actor={changedBy} /> },
];

const kinds = { published: 'ok', changed: 'warn', draft: 'outline' } as const;

export function FlowState({ flow }: { flow: Schemas['Flow'] }) {
  const t = useStrings(flowStrings);
  const state = stateOf(flow);
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}
