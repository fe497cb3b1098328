import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, Navigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { ToastRegion } from '../../../ui/feedback/toasts.tsx';
import { Row } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { type SetupState, setup } from '../../api/setup.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { sessionQuery } from '../../session/session-query.ts';
import { StepUpDialog } from '../../session/step-up.tsx';
import { AttackStep } from './attack-step.tsx';
import { ConsentStep } from './consent-step.tsx';
import { DestinationsStep } from './destinations-step.tsx';
import { DoneStep } from './done-step.tsx';
import { FactorStep } from './factor-step.tsx';
import { OrganizationStep, OwnerStep, TokenStep } from './first-steps.tsx';
import { NameStep } from './name-step.tsx';
import { SetupFrame } from './setup-frame.tsx';
import { type SavedStep, stepToGoOn } from './steps.ts';
import { setupStrings } from './strings.ts';

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
  if (state.error) return <LoadFailed error={state.error} retry={() => void state.refetch()} />;
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
  const [first, setFirst] = useState<SavedStep | undefined>(started);
  const saved = organization.data?.setupSteps;
  useEffect(() => {
    if (organization.data) setFirst((now) => now ?? stepToGoOn(saved ?? {}));
  }, [organization.data, saved]);
  if (organization.error)
    return <LoadFailed error={organization.error} retry={() => void organization.refetch()} />;
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
      return <DoneStep {...props} />;
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
