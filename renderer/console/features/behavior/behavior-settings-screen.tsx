import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { z } from 'zod';
import { Choice, fieldsOf, type Option, SaveBar, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { defineStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, managers, read, type Schemas, useSession } from '../../data.ts';
import { OperationForm, Refused, RunButton, RunCommand, useOperation } from '../../operations.ts';
import { AgentsCard } from './agents-card.tsx';
import de from './layer-strings.de.json' with { type: 'json' };
import en from './layer-strings.en.json' with { type: 'json' };
import { behaviorStrings } from './strings.ts';

const layerStrings = defineStrings('console/features/behavior/layer-strings', en, de);

const Field = fieldsOf<{ tokenHours: number; challengePictures: boolean }>()(behaviorStrings);

export const Route = createLazyRoute('/behavior/settings')({ component: BehaviorSettingsScreen });

type Settings = Schemas['BehaviorSettings'];

function BehaviorSettingsScreen() {
  const t = useStrings(behaviorStrings);
  const { user } = useSession();
  const query = useQuery(read('/api/admin/behavior/settings'));
  const mayChange = managers.includes(user.role);
  return (
    <Page title={t('settingsTitle')} parents={[{ label: t('title'), to: '/behavior' }]} reading>
      <Refused of={query} />
      {query.data && (
        <Stack gap={24}>
          <SettingsForm settings={query.data} mayChange={mayChange} />
          <LayerCard mayChange={mayChange} />
          <AgentsCard agents={query.data.agents} mayChange={mayChange} />
        </Stack>
      )}
    </Page>
  );
}

function SettingsForm({ settings, mayChange }: { settings: Settings; mayChange: boolean }) {
  const t = useStrings(behaviorStrings);
  const { tokenHours, challengePictures } = settings;
  const wrong = t('tokenHoursWrong');
  const form = useCheckedForm(
    z.object({ tokenHours: z.int(wrong).min(1, wrong).max(168, wrong), challengePictures: z.boolean() }),
    { tokenHours, challengePictures },
    !mayChange,
  );
  useEffect(
    () => form.reset({ tokenHours, challengePictures }, { keepDirtyValues: true }),
    [form, tokenHours, challengePictures],
  );
  const saving = useOperation(
    (body: { tokenHours: number; challengePictures: boolean }) =>
      api.put('/api/admin/behavior/settings', {}, body),
    { toast: t('saved'), refresh: ['behavior'], done: (_, values) => form.reset(values) },
  );
  const { dirtyFields } = form.formState;
  const names = (['tokenHours', 'challengePictures'] as const).filter((name) => dirtyFields[name]);
  return (
    <OperationForm form={form} operation={saving}>
      <Card gap={16}>
        <Field name="tokenHours" as="number" disabled={!mayChange} />
        <Field name="challengePictures" as="switch" disabled={!mayChange} />
      </Card>
      <SaveBar
        count={names.length}
        names={names.map((name) => t(name)).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset()}
      />
    </OperationForm>
  );
}

type Described = Schemas['BehaviorLayer'];
type Layer = Described['layer'];

/** Rules alone, or with learned weights: those of research data only after their doubt was accepted. */
function LayerCard({ mayChange }: { mayChange: boolean }) {
  const query = useQuery(read('/api/admin/behavior/layer'));
  const t = useStrings(layerStrings);
  return (
    <Card title={t('title')}>
      <Refused of={query} />
      {query.data && <LayerChoice key={query.data.layer} described={query.data} mayChange={mayChange} />}
    </Card>
  );
}

function LayerChoice({ described, mayChange }: { described: Described; mayChange: boolean }) {
  const t = useStrings(layerStrings);
  const format = useFormat();
  const [layer, choose] = useState<Layer>(described.layer);
  const [accepts, setAccepts] = useState(false);
  const { accepted, offered } = described;
  const isAccepted = accepted?.model === offered.id;
  const mustAccept = layer === 'research' && offered.trained.doubt !== undefined && !isAccepted;
  const saving = useOperation(
    () => api.put('/api/admin/behavior/layer', {}, { layer, acceptLicenceDoubt: accepts }),
    { toast: t('saved'), refresh: ['behavior'] },
  );
  return (
    <Stack>
      {mayChange ? (
        <Choice
          legend={t('legend')}
          value={layer}
          choose={choose}
          options={optionsOf(described, t, mustAccept && <Doubt {...{ offered, accepts, setAccepts }} />)}
        />
      ) : (
        <p>{t(described.layer)}</p>
      )}
      {accepted && (
        <p className="small muted">{t('accepted', { by: accepted.by, at: format.date(accepted.at) })}</p>
      )}
      <Refused of={saving} />
      {mayChange && layer !== described.layer && (
        <Row>
          <RunButton of={saving} kind="primary" disabled={mustAccept && !accepts}>
            {t('save')}
          </RunButton>
          {mustAccept && !accepts && <span className="small muted">{t('acceptFirst')}</span>}
          <RunCommand run={saving.run} />
        </Row>
      )}
    </Stack>
  );
}

function optionsOf(
  { own }: Described,
  t: (key: 'rules' | 'rulesHint' | 'research' | 'researchHint' | 'own' | 'ownHint') => string,
  doubt: ReactNode,
): Option<Layer>[] {
  return [
    { value: 'rules', label: t('rules'), hint: t('rulesHint') },
    { value: 'research', label: t('research'), hint: t('researchHint'), more: doubt || undefined },
    ...(own ? [{ value: 'own' as const, label: t('own'), hint: t('ownHint') }] : []),
  ];
}

function Doubt({
  offered: { id, trained },
  accepts,
  setAccepts,
}: {
  offered: Described['offered'];
  accepts: boolean;
  setAccepts(does: boolean): void;
}) {
  const t = useStrings(layerStrings);
  const format = useFormat();
  return (
    <Stack gap={12}>
      <Note
        kind="warn"
        title={t('trained', {
          id,
          at: format.date(trained.at),
          people: format.count(trained.people),
          human: format.count(trained.humanWindows),
          bots: format.count(trained.botWindows),
        })}
      >
        {id === 'research-5' ? t('doubtOfResearch5') : trained.doubt}
      </Note>
      <Checkbox
        label={t('accept')}
        checked={accepts}
        onChange={({ currentTarget }) => setAccepts(currentTarget.checked)}
      />
    </Stack>
  );
}
