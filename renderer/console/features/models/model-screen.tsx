import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Maturity } from '../../../ui/badges/badge.tsx';
import { Id } from '../../../ui/badges/id.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Card, KeyValues, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { Measurements } from './figures.tsx';
import { type Model, modelsQuery, originOf } from './models-query.ts';
import { ModelState } from './models-screen.tsx';
import { modelStrings } from './strings.ts';
import { type Switch, SwitchModel } from './switch-model.tsx';

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
      {error && <LoadFailed error={error} retry={() => void refetch()} />}
      {data && <Note title={t('notInstalled', { id })}>{t('notInstalledText')}</Note>}
    </Page>
  );
}

function ModelPage({ model, parents }: { model: Model; parents: { label: string; to: string }[] }) {
  const t = useStrings(modelStrings);
  const navigate = useNavigate();
  const [change, setChange] = useState<Switch>();
  const { enabled, origin } = model;
  return (
    <Page
      reading
      title={model.name}
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
            {model.doubts}
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
  return (
    <Card title={t('facts')}>
      <KeyValues
        entries={[
          [t('role'), t(model.role)],
          [t('maturity'), <Maturity key="maturity" level={model.maturity} />],
          [t('licence'), model.licence],
          [t('provenance'), model.provenance],
          [t('origin'), t(originOf(model))],
          [t('file'), <Id key="sha256" id={model.sha256} full name="SHA-256" />],
          [
            t('sources'),
            model.sources.length > 0 && (
              <Stack gap={4}>
                {model.sources.map(({ file, package: from, url, sha256 }) => (
                  <span key={sha256} style={{ overflowWrap: 'anywhere' }}>
                    <code>{file}</code> {from ?? url}
                  </span>
                ))}
              </Stack>
            ),
          ],
          [t('acceptedBy'), model.acceptedBy],
          [t('acceptedAt'), model.acceptedAt && <RelativeTime key="at" at={model.acceptedAt} />],
        ]}
      />
    </Card>
  );
}
