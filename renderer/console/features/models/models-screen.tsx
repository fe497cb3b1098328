import { createLazyRoute, Link } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import { Badge, CopyButton, Maturity } from '../../../ui/controls/index.ts';
import { Card, Note, Page, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { api, type Schemas } from '../../data.ts';
import { QueryTable, Refused, RunButton, useList, useOperation, WholeListTools } from '../../operations.ts';
import { ModelWords, useModelWords } from '../../reasons/model-text.ts';
import { DropModels } from './drop-models.tsx';
import { useFigure } from './figures.tsx';
import styles from './models.module.css';
import { type Model, modelsQuery, originOf } from './models-query.ts';
import { modelStrings } from './strings.ts';

export const Route = createLazyRoute('/models')({ component: ModelsScreen });

type Models = Schemas['Models'];

function ModelsScreen() {
  const t = useStrings(modelStrings);
  const query = useList(modelsQuery);
  const { data } = query;
  const check = useOperation(() => api.get('/api/admin/models/verification'));
  const noLiveness = data && !data.padSets.some(({ usable }) => usable);
  return (
    <Page title={t('title')} lead={t('lead')} actions={<RunButton of={check}>{t('checkFiles')}</RunButton>}>
      <Stack gap={24}>
        <Refused of={check} title={t('notChecked')} />
        {check.data && <Checked files={check.data.items} />}
        {noLiveness && (
          <Note kind="warn" title={t('noLivenessTitle')}>
            {t('noLivenessText')}
          </Note>
        )}
        {data && <RunsOn provider={data.provider} />}
        <Installed query={query} nets={data?.provider.nets ?? []} />
        {data && <Combinations models={data} />}
        <DropModels />
        {data && data.importable.length > 0 && <Importable known={data.importable} />}
      </Stack>
    </Page>
  );
}

function Checked({ files }: { files: Schemas['ModelFiles']['items'] }) {
  const t = useStrings(modelStrings);
  const broken = files.filter(({ ok }) => !ok);
  if (broken.length === 0) return <Note kind="ok" title={t('allIntact', { count: files.length })} />;
  return (
    <Note kind="bad" title={t('damaged', { count: broken.length })}>
      {broken.map(({ id, found }) => (
        <p key={id}>{t(found === undefined ? 'fileMissing' : 'fileDiffers', { id })}</p>
      ))}
    </Note>
  );
}

export const ModelState = ({ model: { enabled, needsLicenceAcceptance, acceptedBy } }: { model: Model }) => {
  const t = useStrings(modelStrings);
  if (enabled) return <Badge kind="ok">{t('on')}</Badge>;
  return needsLicenceAcceptance && acceptedBy === undefined ? (
    <Badge kind="warn">{t('offByDoubt')}</Badge>
  ) : (
    <Badge kind="outline">{t('off')}</Badge>
  );
};

/** A fault is a note; that there is no GPU is none. What a driver said stands in its own words. */
function RunsOn({
  provider: { provider, adapter, fallback, because = [] },
}: {
  provider: Models['provider'];
}) {
  const t = useStrings(modelStrings);
  const where =
    provider === 'cpu'
      ? t('runOnCpu')
      : t('runOnDevice', { device: `${adapter ?? ''} (${provider})`.trim() });
  const reasons = because.map(({ asked, code, said }) => (
    <span key={asked}>
      {t(`cpu.${code}`, { provider: asked })} {said !== undefined && <code>{said}</code>}{' '}
    </span>
  ));
  if (fallback === undefined)
    return (
      <p className="muted">
        {where} {reasons}
      </p>
    );
  return (
    <Note kind="warn" title={t('notOnDevice')}>
      <p>{reasons}</p>
    </Note>
  );
}

/** `context`: what each model runs on. */
const installedColumns: Columns<Model, typeof modelStrings, Models['provider']['nets']> = [
  {
    id: 'name',
    header: 'model',
    cell: ({ id, name }) => (
      <Link to="/models/$id" params={{ id }}>
        <ModelWords of={name} />
      </Link>
    ),
  },
  { id: 'state', csv: 'enabled', priority: 2, cell: (model) => <ModelState model={model} /> },
  { id: 'role', priority: 2, cell: ({ role }, { t }) => t(role) },
  { id: 'maturity', priority: 2, cell: ({ maturity }) => <Maturity level={maturity} /> },
  {
    id: 'runsOn',
    csv: false,
    priority: 3,
    cell({ id }, { context: nets, t }) {
      const { provider = 'cpu', code } = nets.find(({ model }) => model === id) ?? {};
      return <TwoLines second={code && t(`net.${code}`)}>{provider}</TwoLines>;
    },
  },
  { id: 'licence', priority: 3, cell: ({ licence }) => <ModelWords of={licence} /> },
  { id: 'origin', priority: 3, cell: (model, { t }) => t(originOf(model)) },
];

const all = () => true;

function Installed({
  query,
  nets,
}: {
  query: ComponentProps<typeof QueryTable<Model>>['query'];
  nets: Models['provider']['nets'];
}) {
  const t = useStrings(modelStrings);
  return (
    <Card title={t('installed')} flush>
      <QueryTable
        label={t('installed')}
        columns={useColumns(installedColumns, modelStrings, nets)}
        query={query}
        shown={all}
        rowId={({ id }) => id}
        secondLine={(model) => (
          <>
            {t(model.role)} · <ModelState model={model} />
          </>
        )}
      />
    </Card>
  );
}

interface Combination {
  id: string;
  name: string;
  models: string[];
  maturity: Model['maturity'];
  use: 'inUse' | 'usable' | 'notUsable';
  kind: 'scorer' | 'padSet';
  figures: string;
}

function useCombinations({ scorers, padSets }: Models): Combination[] {
  const t = useStrings(modelStrings);
  const format = useFormat();
  const figure = useFigure();
  const wordsOf = useModelWords();
  const best = scorers.findLast(({ inUse }) => inUse)?.id;
  return [
    ...scorers.map(({ id, name, models, maturity, inUse, accuracy }): Combination => {
      const measured = accuracy.find(({ metric }) => metric === 'TAR@FMR 1e-4') ?? accuracy[0];
      return {
        id,
        name: wordsOf(name),
        models,
        maturity,
        kind: 'scorer',
        use: !inUse ? 'notUsable' : id === best ? 'inUse' : 'usable',
        figures: measured ? `${measured.metric}: ${figure(measured)}` : t('notMeasured'),
      };
    }),
    ...padSets.map(
      ({ id, name, models, maturity, inUse, usable, threshold }): Combination => ({
        id,
        name: wordsOf(name),
        models,
        maturity,
        kind: 'padSet',
        use: inUse ? 'inUse' : usable ? 'usable' : 'notUsable',
        figures: t('atThreshold', {
          threshold: format.score(threshold.score),
          apcer: format.percent(threshold.apcer),
          bpcer: format.percent(threshold.bpcer),
        }),
      }),
    ),
  ];
}

const uses = { inUse: 'ok', usable: 'outline', notUsable: 'plain' } as const;

const combinationColumns: Columns<Combination, typeof modelStrings> = [
  {
    id: 'name',
    header: 'combination',
    csv: { name: 'combination', models: 'title' },
    cell: ({ name, models }) => <TwoLines second={models.join(', ')}>{name}</TwoLines>,
  },
  {
    id: 'use',
    header: 'state',
    priority: 2,
    cell: ({ use }, { t }) => <Badge kind={uses[use]}>{t(use)}</Badge>,
  },
  { id: 'kind', header: 'purpose', priority: 3, cell: ({ kind }, { t }) => t(kind) },
  { id: 'maturity', priority: 2, cell: ({ maturity }) => <Maturity level={maturity} /> },
  {
    id: 'figures',
    header: 'measured',
    priority: 2,
    cell: ({ figures }) => <span className="small">{figures}</span>,
  },
];

/** What combines models into a decision, and how well that was measured. */
function Combinations({ models }: { models: Models }) {
  const t = useStrings(modelStrings);
  const columns = useColumns(combinationColumns, modelStrings);
  const rows = useCombinations(models);
  return (
    <Card title={t('combinations')} flush>
      <DataTable
        label={t('combinations')}
        columns={columns}
        rows={rows}
        rowId={({ id, kind }) => `${kind} ${id}`}
        secondLine={({ use, figures }) => (
          <>
            {t(use)} · {figures}
          </>
        )}
        tools={<WholeListTools name="combinations" path="/api/admin/models" rows={rows} columns={columns} />}
      />
    </Card>
  );
}

/** What Gatehouse knows by the hashes of its files. */
function Importable({ known }: { known: Models['importable'] }) {
  const t = useStrings(modelStrings);
  return (
    <Card title={t('importable')} gap={16}>
      <p className="muted">{t('importableText')}</p>
      <ul className={styles.files}>
        {known.map(({ id, name, role, licence, maturity, sources }) => (
          <li key={id}>
            <b>
              <ModelWords of={name} />
            </b>{' '}
            <Maturity level={maturity} />{' '}
            <span className="muted">
              {t(role)}, <ModelWords of={licence} />
            </span>
            {sources.map(({ file, sha256, url, package: spec }) => (
              <p key={sha256} className="small" style={{ overflowWrap: 'anywhere' }}>
                <code>{file}</code>
                <br />
                SHA-256 <code>{sha256}</code> <CopyButton text={sha256} name={`SHA-256 ${file}`} />
                {url !== undefined && (
                  <>
                    <br />
                    {t('from')} {url} <CopyButton text={url} name={t('address')} />
                  </>
                )}
                {url === undefined && spec !== undefined && (
                  <>
                    <br />
                    {t('from')} npm: {spec} <CopyButton text={`npm pack ${spec}`} name="npm pack" />
                  </>
                )}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}
