import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, Navigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { z } from 'zod';
import { Button, ButtonLink, Snippet } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, KeyValues, Row, ToastRegion } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type SetupState, setup } from '../../api/setup.ts';
import { api, organizationQuery, sessionQuery } from '../../data.ts';
import { OperationForm, Refused, RunButton, useOperation } from '../../operations.ts';
import { StepUpDialog } from '../../session/step-up.tsx';
import { AttackStep } from './attack-step.tsx';
import { ConsentStep } from './consent-step.tsx';
import { DestinationsStep } from './destinations-step.tsx';
import { FactorStep } from './factor-step.tsx';
import { NameStep } from './name-step.tsx';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { type AssistantStep, stepToGoOn } from './steps.ts';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const FirstPersonStep = lazy(() =>
  import('./first-person-step.tsx').then((module) => ({ default: module.FirstPersonStep })),
);

export const Route = createLazyRoute('/setup')({ component: SetupScreen });

const stateKey = ['setup'] as const;

/** Takes the token out of the address, so that it stays neither there nor in the history. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

function SetupScreen() {
  return (
    <>
      <Steps />
      <StepUpDialog />
      <ToastRegion />
    </>
  );
}

function Steps() {
  const [token] = useState(takeToken);
  const [named, setNamed] = useState(false);
  const queryClient = useQueryClient();
  const state = useQuery({ queryKey: stateKey, queryFn: setup.state });
  const next = (now: SetupState) => queryClient.setQueryData(stateKey, now);
  const readAgain = async () => {
    await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    await state.refetch();
  };
  if (state.error) return <Refused of={state} />;
  if (!state.data) return null;
  switch (state.data.state) {
    case 'open':
      return <TokenStep token={token} next={next} />;
    case 'mine':
      return named ? (
        <OwnerStep state={state.data} made={readAgain} back={() => setNamed(false)} />
      ) : (
        <OrganizationStep
          state={state.data}
          next={(now) => {
            next(now);
            setNamed(true);
          }}
        />
      );
    case 'closed':
      return <AfterOwner />;
    default:
      return <NeedsToken state={state.data.state} />;
  }
}

/** There is an owner: who is signed in goes on, all others sign in. */
function AfterOwner() {
  const session = useQuery(sessionQuery);
  if (session.isPending) return null;
  if (!session.data) return <Navigate to="/sign-in" search={{ to: '/setup' }} />;
  const { user, limitedTo } = session.data;
  if (limitedTo === 'enrollment') return <Navigate to="/add-passkey" />;
  return user.applianceOwner && user.role === 'owner' ? <SavedSteps /> : <NotTheirs />;
}

/** What is asked of the owner. Each step is saved, and a reload stays where it is. */
function SavedSteps() {
  const t = useStrings(setupStrings);
  const { step } = Route.useSearch();
  const organization = useQuery(organizationQuery);
  const [started] = useState(() => step);
  const [first, setFirst] = useState<AssistantStep | undefined>(started);
  const saved = organization.data?.setupSteps;
  useEffect(() => {
    if (organization.data) setFirst((now) => now ?? stepToGoOn(saved ?? {}));
  }, [organization.data, saved]);
  if (organization.error) return <Refused of={organization} />;
  const now = step ?? first;
  if (!organization.data || now === undefined) return <p className="sr">{t('setup')}</p>;
  const props = { organization: organization.data };
  switch (now) {
    case 'name':
      return <NameStep {...props} />;
    case 'factor':
      return <FactorStep {...props} />;
    case 'attack-detection':
      return <AttackStep {...props} />;
    case 'consent':
      return <ConsentStep {...props} />;
    case 'destinations':
      return <DestinationsStep {...props} />;
    case 'keys':
      return <KeysStep {...props} />;
    case 'first-person':
      return (
        <Suspense fallback={<p className="sr">{t('setup')}</p>}>
          <FirstPersonStep {...props} />
        </Suspense>
      );
    default:
      return now satisfies never;
  }
}

function NotTheirs() {
  const t = useStrings(setupStrings);
  return (
    <SetupFrame step="owner" title={t('notTheirsTitle')} lead={t('notTheirsText')}>
      <Row>
        <ButtonLink to="/overview" kind="primary">
          {t('toOverview')}
        </ButtonLink>
      </Row>
    </SetupFrame>
  );
}

function NeedsToken({ state }: { state: 'claimed' | 'expired' }) {
  const t = useStrings(setupStrings);
  return (
    <SetupFrame
      step="token"
      title={t(`${state}Title`)}
      lead={t.rich(`${state}Text`, { code: (inside) => <code>{inside}</code> })}
    />
  );
}

const Field = fieldsOf<{ token: string; name: string; email: string; password: string }>()(setupStrings);

/** As the box asks for. */
const SHORTEST = 12;

function useEnds({ expiresAt }: SetupState): string | undefined {
  const t = useStrings(setupStrings);
  const format = useFormat();
  return expiresAt === undefined ? undefined : t('ends', { time: format.dateTime(Date.parse(expiresAt)) });
}

/** `token`: of the address that the terminal shows. */
function TokenStep({ token, next }: { token: string; next(state: SetupState): void }) {
  const t = useStrings(setupStrings);
  const form = useCheckedForm(z.object({ token: z.string().trim().min(1, t('tokenMissing')) }), { token });
  const claim = useOperation((values: { token: string }) => setup.claim(values.token), { done: next });
  return (
    <SetupFrame step="token" title={t('tokenTitle')} lead={t('tokenLead')}>
      <OperationForm form={form} operation={claim} refusal={t('tokenRefused')}>
        <Field name="token" as="secret" autoComplete="off" />
        <StepActions>
          <Button type="submit" kind="primary" busy={claim.isPending}>
            {t('continue')}
          </Button>
        </StepActions>
      </OperationForm>
    </SetupFrame>
  );
}

function OrganizationStep({ state, next }: { state: SetupState; next(state: SetupState): void }) {
  const t = useStrings(setupStrings);
  const { organization } = state;
  const kept = organization !== undefined && !organization.mayRename;
  const form = useCheckedForm(z.object({ name: z.string().trim().min(1, t('organizationMissing')) }), {
    name: organization && (kept || organization.name !== 'Default') ? organization.name : '',
  });
  const save = useOperation((values: { name: string }) => setup.organization(values.name), { done: next });
  return (
    <SetupFrame
      step="organization"
      title={t('organizationTitle')}
      lead={t(kept ? 'organizationKept' : 'organizationLead')}
      foot={useEnds(state)}
    >
      <OperationForm form={form} operation={save} refusal={t('failed')}>
        {kept ? (
          <KeyValues entries={{ [t('organization')]: organization.name }} />
        ) : (
          <Field name="name" label={t('organization')} autoComplete="organization" maxLength={120} />
        )}
        <StepActions>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t('continue')}
          </Button>
        </StepActions>
      </OperationForm>
    </SetupFrame>
  );
}

function OwnerStep({ state, made, back }: { state: SetupState; made(): Promise<void>; back(): void }) {
  const t = useStrings(setupStrings);
  const schema = z.object({
    name: z.string().trim().min(1, t('nameMissing')),
    email: z.string().trim().includes('@', t('emailMissing')),
    password: z.string().min(SHORTEST, t('passwordShort')),
  });
  const form = useCheckedForm(schema, { name: '', email: '', password: '' });
  const save = useOperation(async (values: z.output<typeof schema>) => {
    await setup.owner(values);
    await made();
  });
  return (
    <SetupFrame step="owner" title={t('ownerTitle')} lead={t('ownerLead')} foot={useEnds(state)}>
      <OperationForm form={form} operation={save} refusal={t('failed')}>
        <Field name="name" autoComplete="name" />
        <Field name="email" type="email" autoComplete="username" inputMode="email" />
        <Field name="password" as="secret" autoComplete="new-password" />
        <StepActions back={back}>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t('makeOwner')}
          </Button>
        </StepActions>
      </OperationForm>
    </SetupFrame>
  );
}

const makeKey = async (env: 'live' | 'test') =>
  (await api.post('/api/admin/keys', {}, { env, scopes: ['identity'], name: `first ${env} key` })).key;

/** Two keys, shown once. */
function KeysStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, finish, back } = useSavedStep('keys', organization);
  const [again] = useState(() => organization.setupSteps?.keys === 'done');
  const keys = useOperation(async () => ({ live: await makeKey('live'), test: await makeKey('test') }));
  return (
    <SetupFrame {...frame} title={t('keysTitle')} lead={t(again ? 'keysAgain' : 'keysText')}>
      <Refused of={keys} title={t('keysFailed')} />
      {keys.data ? (
        <Card gap={16}>
          <span>{t('liveKey')}</span>
          <Snippet name={t('liveKey')} code={keys.data.live} />
          <span>{t('testKey')}</span>
          <Snippet name={t('testKey')} code={keys.data.test} />
        </Card>
      ) : (
        <Row>
          <RunButton of={keys}>{t('makeKeys')}</RunButton>
        </Row>
      )}
      <Refused of={save} title={t('failed')} />
      <StepActions back={back}>
        <Button kind="primary" busy={save.isPending} onClick={() => finish()}>
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}
