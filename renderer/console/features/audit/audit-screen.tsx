import { IconFileText, IconRefresh, IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { Badge, Button, ExactTime, Id, LinkButton, Snippet } from '../../../ui/controls/index.ts';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Card, Dialog, KeyValues, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { defineStrings, shortenId, useFormat, useStrings } from '../../../ui/strings/index.ts';
import {
  type Columns,
  type Filter,
  type FilterValues,
  TwoLines,
  useColumns,
} from '../../../ui/tables/index.ts';
import {
  Actor,
  admin,
  list,
  Named,
  PersonSearch,
  read,
  replyOf,
  type Schemas,
  saveFile,
  useSession,
} from '../../data.ts';
import {
  ConfirmForm,
  QueryTable,
  Refused,
  RunButton,
  useAddressFilters,
  useList,
  useOperation,
} from '../../operations.ts';
import { useActionName } from '../../reasons/action-strings.ts';
import { momentOfDay } from '../../search-values.ts';
import { readLines } from './read-lines.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const auditStrings = defineStrings('console/features/audit/strings', en, de);

export const Route = createLazyRoute('/audit')({ component: AuditScreen });

type Line = Schemas['AuditLine'];

function AuditScreen() {
  const t = useStrings(auditStrings);
  const { user } = useSession();
  const { after, ...filters } = Route.useSearch();
  const { action, person, actor, request, node, from, until } = filters;
  const [shown, setShown] = useState<Line>();
  const [exporting, setExporting] = useState(false);
  const query = useList({
    ...list('/api/admin/audit', {
      cursor: after,
      action,
      actor,
      request,
      node,
      subject: person,
      since: momentOfDay(from, 0),
      until: momentOfDay(until, 1),
    }),
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const change = useAddressFilters();
  const { data: chains } = useQuery(read('/api/admin/audit/chains', { limit: 200 }));
  const several = (chains?.items.length ?? 0) > 1;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <Button busy={query.isFetching} onClick={() => void query.refetch()} icon={IconRefresh}>
            {t('reload')}
          </Button>
          <Button onClick={() => setExporting(true)}>{t('export')}</Button>
        </>
      }
    >
      <VerifyChain wholeBox={user.applianceOwner} />
      <QueryTable
        label={t('list')}
        columns={useColumns(several ? columnsOfSeveral : listColumns, auditStrings, setShown)}
        query={query}
        rowId={({ seq, node: of = '' }) => `${of} ${seq}`}
        after={after}
        secondLine={({ actor, outcome, time }) => (
          <>
            <Outcome outcome={outcome} /> <Actor actor={actor} />, <ExactTime at={time} />
          </>
        )}
        filters={useFilters(actor, several ? chains?.items : undefined)}
        values={filters}
        search={{ key: 'person', label: t('personHint'), Field: PersonSearch }}
        empty={{ icon: IconFileText, title: t('empty'), text: t('emptyText') }}
      />
      {shown && <AuditLineDialog line={shown} close={() => setShown(undefined)} only={change} />}
      {exporting && <ExportDialog close={() => setExporting(false)} />}
    </Page>
  );
}

function ActionLink({ line, show }: { line: Line; show(line: Line): void }) {
  const t = useStrings(auditStrings);
  const { seq, action } = line;
  const name = useActionName()(action);
  return (
    <TwoLines second={name && <code>{action}</code>}>
      <LinkButton onClick={() => show(line)} aria-label={t('showLine', { seq, action: name ?? action })}>
        {name ?? <code>{action}</code>}
      </LinkButton>
    </TwoLines>
  );
}

const listColumns: Columns<Line, typeof auditStrings, (line: Line) => void> = [
  {
    id: 'action',
    cell: (line, { context: show }) => <ActionLink line={line} show={show} />,
  },
  { id: 'outcome', priority: 2, cell: ({ outcome }) => <Outcome outcome={outcome} /> },
  { id: 'actor', priority: 2, cell: ({ actor }) => <Actor actor={actor} /> },
  {
    id: 'target',
    priority: 3,
    cell: ({ target, subject }) => <Named id={target ?? subject ?? ''} />,
  },
  { id: 'time', priority: 2, cell: ({ time }) => <ExactTime at={time} /> },
  { id: 'seq', header: 'number', number: true, priority: 3, cell: ({ seq }) => seq },
];

/** Where there are several nodes. */
const columnsOfSeveral: typeof listColumns = [
  ...listColumns,
  { id: 'node', priority: 3, cell: ({ node }) => node && <code>{shortenId(node)}</code> },
];

const kinds = ['administrator', 'operator', 'key', 'kiosk', 'appliance'] as const;

function useFilters(
  actor: string | undefined,
  chains: readonly Schemas['AuditChain'][] = [],
): readonly Filter[] {
  const t = useStrings(auditStrings);
  // One that a line was filtered by: it stays among the choices.
  const nodes = chains.flatMap(({ node }) => (node ? [{ value: node, label: shortenId(node) }] : []));
  const chosen = actor?.includes(':') ? [{ value: actor, label: shortenId(actor) }] : [];
  return [
    {
      key: 'actor',
      label: t('actor'),
      kind: 'choice',
      options: [...kinds.map((kind) => ({ value: kind, label: t(`${kind}s`) })), ...chosen],
    },
    ...(nodes.length > 0 ? [{ key: 'node', label: t('node'), kind: 'choice' as const, options: nodes }] : []),
    { key: 'from', label: t('fromDay'), kind: 'day' },
    { key: 'until', label: t('untilDay'), kind: 'day' },
    { key: 'action', label: t('action'), kind: 'text', hint: t('actionHint') },
    { key: 'request', label: t('request'), kind: 'text', hint: t('requestHint') },
  ];
}

const SpanField = fieldsOf<{ from: string; until: string }>()(auditStrings);

/** Signed, as a file; the box asks for a fresh second factor. */
function ExportDialog({ close }: { close(): void }) {
  const t = useStrings(auditStrings);
  const form = useForm({ defaultValues: { from: '', until: '' } });
  const name = `audit-${new Date().toISOString().slice(0, 10)}.jsonl`;
  return (
    <ConfirmForm
      form={form}
      run={({ from, until }) =>
        replyOf(
          admin.GET('/api/admin/audit/export', {
            params: { query: { since: momentOfDay(from, 0), until: momentOfDay(until, 1) } },
            parseAs: 'blob',
          }),
        )
      }
      toast={[t('exported'), name]}
      done={(file) => saveFile(name, file as unknown as Blob, 'application/x-ndjson')}
      title={t('exportTitle')}
      confirmLabel={t('export')}
      refusal={t('notExported')}
      close={close}
    >
      <p>{t.rich('exportText', { code: (inside) => <code>{inside}</code> })}</p>
      <SpanField name="from" type="date" />
      <SpanField name="until" type="date" />
    </ConfirmForm>
  );
}

/** Everything that one line says. */
function AuditLineDialog({
  line,
  close,
  only,
}: {
  line: Schemas['AuditLine'];
  close(): void;
  /** Filters the list. */
  only(patch: FilterValues): void;
}) {
  const t = useStrings(auditStrings);
  const format = useFormat();
  const name = useActionName()(line.action);
  const filter = (patch: FilterValues) => {
    only(patch);
    close();
  };
  const person = [line.subject, line.target].find((id) => id?.startsWith('sub_'));
  const idOf = (id: string | undefined, name: string) => id && <Id id={id} name={name} />;
  const named = (id: string | undefined) => id && <Named id={id} />;
  return (
    <Dialog title={t('lineTitle', { seq: line.seq })} size={640} close={close}>
      <KeyValues
        entries={{
          [t('action')]: (
            <TwoLines second={name && <code>{line.action}</code>}>
              {name ?? <code>{line.action}</code>}
            </TwoLines>
          ),
          [t('outcome')]: <Outcome outcome={line.outcome} />,
          [t('time')]: format.absolute(line.time),
          [t('node')]: idOf(line.node, t('node')),
          [t('actor')]: <Actor actor={line.actor} />,
          [t('target')]: named(line.target),
          [t('person')]: named(line.subject),
          [t('request')]: idOf(line.request, t('request')),
          [t('personal')]: line.personal && t('sealed'),
        }}
      />
      <Row>
        <Button small onClick={() => filter({ actor: line.actor })}>
          {t('onlyActor')}
        </Button>
        <Button small onClick={() => filter({ action: line.action })}>
          {t('onlyAction')}
        </Button>
        {line.request !== undefined && (
          <Button small onClick={() => filter({ request: line.request })}>
            {t('onlyRequest')}
          </Button>
        )}
        {line.node !== undefined && (
          <Button small onClick={() => filter({ node: line.node })}>
            {t('onlyNode')}
          </Button>
        )}
        {person !== undefined && (
          <Button small onClick={() => filter({ person })}>
            {t('onlyPerson')}
          </Button>
        )}
      </Row>
      <Snippet name={t('details')} code={JSON.stringify(line.details, undefined, 2) ?? '{}'} />
    </Dialog>
  );
}

function Outcome({ outcome }: { outcome: string }) {
  const t = useStrings(auditStrings);
  if (outcome === 'done') return <Badge kind="ok">{t('done')}</Badge>;
  return <Badge kind="bad">{outcome === 'refused' ? t('refused') : outcome}</Badge>;
}

type Report = Schemas['AuditReport'];
type Progress = { seen: number; all: number } | { report: Report };

/** With a reader: not every browser goes through a stream with `for await`. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function verify(
  wholeBox: boolean,
  onProgress: (progress: { seen: number; all: number }) => void,
): Promise<Report> {
  const path = wholeBox ? '/api/admin/audit/verification' : '/api/admin/audit/chain';
  const stream = await replyOf(admin.GET(path, { params: {}, parseAs: 'stream' }));
  for await (const line of readLines(chunksOf(stream as ReadableStream<Uint8Array>))) {
    const progress = line as Progress;
    if ('report' in progress) return progress.report;
    onProgress(progress);
  }
  throw new Error('The verification ended without a report.');
}

/** Looks at every line of the log. `wholeBox`: also at what else carries a MAC, as an appliance owner may. */
function VerifyChain({ wholeBox }: { wholeBox: boolean }) {
  const t = useStrings(auditStrings);
  const [seen, setSeen] = useState<{ seen: number; all: number }>();
  const run = useOperation(() => verify(wholeBox, setSeen));
  return (
    <Card
      title={t('chain')}
      actions={
        <RunButton of={run} icon={IconShieldCheck}>
          {t('verify')}
        </RunButton>
      }
      gap={16}
    >
      <p className="muted">{t('chainText')}</p>
      <div role="status">
        {run.isPending && <Row>{seen ? t('verifying', seen) : t('verifyingBegins')}</Row>}
        <Refused of={run} title={t('notVerified')} />
        {run.data && !run.isPending && <Result report={run.data} />}
      </div>
    </Card>
  );
}

function Result({ report }: { report: Report }) {
  const t = useStrings(auditStrings);
  const format = useFormat();
  const signed = report.lastCheckpoint && format.absolute(report.lastCheckpoint.at);
  const { chains = [], damage, silent = [], integrity = [] } = report;
  const ofChains = chains.flatMap((chain) => chain.damage ?? []);
  const found = ofChains.length > 0 ? ofChains : damage ? [damage] : [];
  if (!report.valid)
    return (
      <Stack>
        {found.map(({ node, seq, says }) => (
          <Note
            key={node ?? ''}
            kind="bad"
            title={node ? t('damagedOfNode', { seq, node: shortenId(node) }) : t('damaged', { seq })}
          >
            {says} {t('damagedText')}
          </Note>
        ))}
        {integrity.map(({ table, id, says }) => (
          <Note key={`${table} ${id}`} kind="bad" title={t('altered')}>
            {says}
          </Note>
        ))}
        {silent.map(({ node, since }) => (
          <Note key={node} kind="bad" title={t('silent', { node: shortenId(node) })}>
            {t('silentText', { since: format.absolute(since) })}
          </Note>
        ))}
      </Stack>
    );
  return (
    <Note kind="ok" title={t('whole', { count: report.lines })}>
      {signed ? t('wholeText', { signed, uncovered: report.uncovered }) : t('unsigned')}
    </Note>
  );
}
