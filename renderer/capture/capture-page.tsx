import { useEffect, useState, useSyncExternalStore } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { captureStrings } from './capture-strings.ts';
import { isDesktop, isFramedWithoutCamera } from './parts/use-device.ts';
import { useText } from './parts/use-text.ts';
import { CameraFlow, OrderedFlow } from './screens/camera-flow.tsx';
import { ConsentScreen } from './screens/consent-screen.tsx';
import { NumberScreen, PhoneScreen } from './screens/handover-screens.tsx';
import { LeaveScreen, LeftScreen, LoadingScreen, TroubleScreen } from './screens/notice-screens.tsx';
import { FramedScreen } from './screens/permission-screens.tsx';
import { DecidedScreen } from './screens/result-screens.tsx';
import type { Choice, LiveSession } from './session/live-session.ts';
import type { View } from './session/view.ts';

interface CapturePageProps {
  session: LiveSession;
  view: View;
  /** The link as it was opened. */
  address: string;
}

/** One check of one person, from the link to the result. */
export function CapturePage({ session, view, address }: CapturePageProps) {
  const t = useStrings(captureStrings);
  const [leaving, setLeaving] = useState<'cancel' | 'other'>();
  const [stay, setStay] = useState(false);
  const [noCamera, setNoCamera] = useState(false);
  usePageTitle(view);
  const { stage, description, busy, second } = view;
  const problem = view.problem && t(`${view.problem}Inline`);
  useEffect(() => {
    if (stage.is === 'decided' || stage.is === 'left' || stage.is === 'trouble') setLeaving(undefined);
  }, [stage.is]);

  const toPhone = (because?: 'noCamera') => {
    setNoCamera(because === 'noCamera');
    void session.toPhone();
  };
  // An invitation is opened at a desk and mostly done on a phone.
  const agree = (choice: Choice) =>
    session.agree(choice, description?.flow === 'registration' && isDesktop());
  if (leaving) {
    const { reference } = view;
    return (
      <LeaveScreen
        {...{ description, busy, problem, reference }}
        why={leaving}
        end={() => void session.leave()}
        stay={() => setLeaving(undefined)}
      />
    );
  }
  switch (stage.is) {
    case 'loading':
      return <LoadingScreen />;
    case 'trouble':
      return (
        <TroubleScreen
          key={stage.what}
          {...{ description, what: stage.what }}
          again={() => void session.load()}
        />
      );
    case 'number':
      return <NumberScreen {...{ view, problem }} pick={(number) => void session.pick(number)} />;
    case 'consent':
      if (description && isFramedWithoutCamera())
        return <FramedScreen {...{ session, description, address, busy, problem, leave: setLeaving }} />;
      return description ? (
        <ConsentScreen
          {...{ description, busy, problem, leave: setLeaving }}
          fixed={view.fixed ?? false}
          agree={(choice) => void agree(choice)}
        />
      ) : null;
    case 'phone':
      return (
        <PhoneScreen
          key={view.live?.state === 'following' ? 'following' : 'waiting'}
          {...{ view, problem, leave: setLeaving }}
          noCamera={noCamera}
          newCode={() => void session.toPhone()}
          toCamera={() => {
            setStay(true);
            session.toCamera();
          }}
        />
      );
    case 'left':
      return (
        <LeftScreen {...{ description, second, redirect: stage.redirect, reference: stage.reference }} />
      );
    case 'decided':
      return <DecidedScreen {...{ description, second, result: stage.result }} />;
    case 'camera':
      if (description?.testOutcome && !view.live?.result) return <OrderedFlow {...{ session, view }} />;
      return (
        <CameraFlow
          {...{ session, view, problem, address, stay, toPhone, leave: setLeaving }}
          flash={session.path()?.flash ?? true}
        />
      );
  }
}

export const useView = (session: LiveSession): View => useSyncExternalStore(session.subscribe, session.view);

function usePageTitle({ description }: View): void {
  const t = useStrings(captureStrings);
  const text = useText();
  const title = text(description?.title) ?? t(description ? 'consentTitle' : 'pageTitle');
  const name = description?.organization.name;
  useEffect(() => {
    document.title = name === undefined ? title : `${title} · ${name}`;
  }, [title, name]);
}
