import { Checkbox, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, Id, Maturity, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { ConfirmOperation, Refused } from '../../operations.ts';
import { useModelText, useModelWords } from '../../reasons/model-text.ts';
import { DryRunView } from './dry-run-view.tsx';
import { Measurements } from './figures.tsx';
import { dryRun, type Model, modelsQuery, originOf, type PlannedChange } from './models-query.ts';
import { ModelState } from './models-screen.tsx';
import { modelStrings } from './strings.ts';

export const Route = createLazyRoute('/models/$id')({ component: ModelScreen });

function ModelScreen() {
  const t = useStrings(modelStrings);
  const { id } = Route.useParams();
  const { data, error, refetch } = useQuery(modelsQuery);
  const model = data?.items.find((one) => one.id === id);
  const parents = [{ label: t('title'), to: '/models' }];
  if (model) return <ModelPage model={model} parents={parents} />;
  return (
    <Page title={id} parents={parents} reading>
      <Refused of={{ error, refetch }} />
      {data && <Note title={t('notInstalled', { id })}>{t('notInstalledText')}</Note>}
    </Page>
  );
}

function ModelPage({ model, parents }: { model: Model; parents: { label: string; to: string }[] }) {
  const t = useStrings(modelStrings);
  const textOf = useModelText();
  const wordsOf = useModelWords();
  const navigate = useNavigate();
  const [change, setChange] = useState<Switch>();
  const { enabled, origin } = model;
  return (
    <Page
      reading
      title={wordsOf(model.name)}
      badge={<ModelState model={model} />}
      lead={t(`${model.role}Lead`)}
      parents={parents}
      actions={
        <>
          <Button
            kind={enabled ? 'plain' : 'primary'}
            onClick={() => setChange(enabled ? 'disable' : 'enable')}
          >
            {t(enabled ? 'disable' : 'enable')}
          </Button>
          {origin === 'imported' && (
            <Button kind="dangerQuiet" onClick={() => setChange('remove')}>
              {t('remove')}
            </Button>
          )}
        </>
      }
    >
      <Stack gap={24}>
        {model.doubts !== undefined && (
          <Note kind={model.needsLicenceAcceptance ? 'warn' : 'info'} title={t('doubts')}>
            {textOf('doubts', model.id, model.doubts)}
          </Note>
        )}
        <Facts model={model} />
        <Card title={t('accuracy')} flush={model.accuracy.length > 0}>
          {model.accuracy.length === 0 ? (
            <p className="muted">{t('notMeasuredAlone')}</p>
          ) : (
            <Measurements label={t('accuracy')} items={model.accuracy} />
          )}
        </Card>
      </Stack>
      {change && (
        <SwitchModel
          model={model}
          change={change}
          close={() => setChange(undefined)}
          {...(change === 'remove' && { done: () => void navigate({ to: '/models' }) })}
        />
      )}
    </Page>
  );
}

function Facts({ model }: { model: Model }) {
  const t = useStrings(modelStrings);
  const textOf = useModelText();
  const wordsOf = useModelWords();
  return (
    <Card title={t('facts')}>
      <KeyValues
        entries={{
          [t('role')]: t(model.role),
          [t('maturity')]: <Maturity level={model.maturity} />,
          [t('licence')]: wordsOf(model.licence),
          [t('provenance')]: textOf('provenance', model.id, model.provenance),
          [t('origin')]: t(originOf(model)),
          [t('file')]: <Id id={model.sha256} full name="SHA-256" />,
          [t('sources')]: model.sources.length > 0 && (
            <Stack gap={4}>
              {model.sources.map(({ file, package: from, url, sha256 }) => (
                <span key={sha256} style={{ overflowWrap: 'anywhere' }}>
                  <code>{file}</code> {from ?? url}
                </span>
              ))}
            </Stack>
          ),
          [t('acceptedBy')]: model.acceptedBy,
          [t('acceptedAt')]: model.acceptedAt && <RelativeTime at={model.acceptedAt} />,
        }}
      />
    </Card>
  );
}

type Switch = 'enable' | 'disable' | 'remove';

const plan = (change: Switch, id: string): PlannedChange =>
  change === 'enable' ? { change, id, acceptLicenceDoubt: true } : { change, id };

/** Switches a model on or off, or removes it: what would change comes first. */
function SwitchModel({
  model: { id, name: own, doubts },
  change,
  close,
  done,
}: {
  model: Pick<Model, 'id' | 'name' | 'doubts'>;
  change: Switch;
  close(): void;
  done?: () => void;
}) {
  const t = useStrings(modelStrings);
  const textOf = useModelText();
  const name = useModelWords()(own);
  const [accepted, setAccepted] = useState(false);
  const run = useQuery({
    queryKey: ['models', 'dry-run', change, id],
    queryFn: () => dryRun([plan(change, id)]),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const doubtful = (run.data?.doubts.length ?? 0) > 0;
  const blocked = run.data === undefined || run.data.refusals.length > 0 || (doubtful && !accepted);
  return (
    <ConfirmOperation
      run={async () => {
        const params = { id };
        if (change === 'remove') await api.delete('/api/admin/models/{id}', params);
        else if (change === 'disable') await api.post('/api/admin/models/{id}/disable', params);
        else await api.post('/api/admin/models/{id}/enable', params, { acceptLicenceDoubt: accepted });
      }}
      toast={[t(`${change}Done`), name]}
      refresh={'all'}
      done={() => done?.()}
      danger={change !== 'enable'}
      title={t(`${change}Title`, { name })}
      confirmLabel={t(change)}
      confirmDisabled={blocked}
      refusal={t('notChanged')}
      close={close}
    >
      <p>{t(`${change}Text`)}</p>
      {run.isPending && (
        <Row>
          <Loader size="sm" /> <span role="status">{t('trying')}</span>
        </Row>
      )}
      <Refused of={run} title={t('notTried')} />
      {run.data && <DryRunView run={run.data} />}
      {doubtful && (
        <Checkbox
          label={t('acceptDoubt')}
          description={doubts !== undefined && textOf('doubts', id, doubts)}
          checked={accepted}
          onChange={({ target }) => setAccepted(target.checked)}
        />
      )}
    </ConfirmOperation>
  );
}
