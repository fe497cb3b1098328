import { useEffect, useRef, useState } from 'react';
import { TestPersonChoice } from '../../ui/test-people/test-person-choice.tsx';
import { useCamera } from '../camera/use-camera.ts';
import { isDesktop, isFramedWithoutCamera, useCameraPermission, useHasCamera } from '../parts/use-device.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { View } from '../session/view.ts';
import { LoadingScreen } from './notice-screens.tsx';
import { AskScreen, HelpScreen, OpeningScreen } from './permission-screens.tsx';
import { BetweenScreen } from './result-screens.tsx';
import { Stage } from './stage.tsx';

interface CameraFlowProps {
  session: LiveSession;
  view: View;
  problem: string | undefined;
  /** Whether colors may flash, as the person chose. */
  flash: boolean;
  /** The link with its token. */
  address: string;
  /** The person came back from the phone to this camera: no code is shown by itself again. */
  stay: boolean;
  toPhone(because?: 'noCamera'): void;
  leave(why: 'cancel' | 'other'): void;
}

/** From permission over help to the attempts. */
export function CameraFlow(props: CameraFlowProps) {
  const { session, view, problem, flash, address, leave, toPhone } = props;
  const { description, live, busy } = view;
  const permission = useCameraPermission();
  const hasCamera = useHasCamera();
  const [pressed, setPressed] = useState(false);
  const [helping, setHelping] = useState(false);
  const [again, setAgain] = useState(false);
  const between = live?.state === 'between' && !again;
  const missing = hasCamera === false;
  const wanted = (pressed || permission === 'granted') && !missing && !isFramedWithoutCamera();
  const camera = useCamera(wanted);

  // Which of the two it is, only the answer to the new attempt says.
  useEffect(() => {
    if (live?.state !== 'between') setAgain(false);
  }, [live?.state]);
  // Changed in the settings of the browser: it goes on by itself.
  const { tryAgain } = camera;
  useEffect(() => {
    if (permission === 'granted') tryAgain();
  }, [permission, tryAgain]);
  const noCamera = missing || camera.state.is === 'missing';
  // In the test world a test person is chosen here.
  const offersPhone = noCamera && isDesktop() && !props.stay && !description?.test;
  useEffect(() => {
    if (offersPhone) toPhone('noCamera');
  }, [offersPhone]);

  const testPerson = description?.test && (
    <TestPersonChoice choose={(outcome) => void session.showTestPerson(outcome)} />
  );
  const shared = { description, leave, toPhone: () => toPhone(), problem, busy, testPerson };
  if (between && live) {
    return (
      <BetweenScreen
        {...{ view, live, leave }}
        again={() => {
          setAgain(true);
          setPressed(true);
        }}
      />
    );
  }
  if (isFramedWithoutCamera())
    return <HelpScreen {...shared} kind="framed" address={address} tryAgain={tryAgain} />;
  if (missing) return <HelpScreen {...shared} kind="missing" address={address} tryAgain={tryAgain} />;
  if (permission === undefined || hasCamera === undefined) return <LoadingScreen />;
  if (helping && camera.state.is !== 'running') {
    const retry = () => {
      setHelping(false);
      setPressed(true);
      tryAgain();
    };
    return <HelpScreen {...shared} kind="refused" address={address} tryAgain={retry} />;
  }
  if (!wanted)
    return <AskScreen {...shared} goOn={() => setPressed(true)} notAsked={() => setHelping(true)} />;
  const { state } = camera;
  if (state.is === 'asking') return <OpeningScreen {...{ description, leave }} />;
  if (state.is !== 'running')
    return <HelpScreen key={state.is} {...shared} kind={state.is} address={address} tryAgain={tryAgain} />;
  return (
    <Stage
      {...{ session, view, flash, leave }}
      stream={state.stream}
      devices={camera.devices}
      device={state.device}
      choose={camera.choose}
      restart={tryAgain}
      toPhone={shared.toPhone}
      testPerson={testPerson}
    />
  );
}

/** A session of the test world that was ordered with its outcome: no camera is asked for. */
export function OrderedFlow({ session, view: { busy } }: Pick<CameraFlowProps, 'session' | 'view'>) {
  const asked = useRef(false);
  // The answer to the consent comes first.
  useEffect(() => {
    if (busy || asked.current) return;
    asked.current = true;
    void session.showTestPerson();
  }, [session, busy]);
  return <LoadingScreen />;
}
