import { IconChevronDown, IconChevronLeft, IconChevronRight, IconChevronUp } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { wantsDarkText } from '../../ui/theme/text-on-color.ts';
import { CameraNotice } from '../camera/camera-notice.tsx';
import { cameraStrings } from '../camera/camera-strings.ts';
import type { CameraDevice } from '../camera/use-camera.ts';
import { useCameraFault } from '../camera/use-camera-fault.ts';
import { captureStrings } from '../capture-strings.ts';
import { Head, TestBar } from '../parts/frame.tsx';
import { deviceOf, isDesktop } from '../parts/use-device.ts';
import { useFrames } from '../parts/use-frames.ts';
import { useFlash, usePassedStep, useSaying } from '../parts/use-shown.ts';
import { type Instruction, linesOf, needsLight, type Saying } from '../session/instruction.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { View } from '../session/view.ts';
import type { LiveState, Step, StepName } from '../session/wire.ts';

interface StageProps {
  session: LiveSession;
  view: View;
  stream: MediaStream;
  devices: CameraDevice[];
  device: string | undefined;
  choose(device: string): void;
  restart(): void;
  toPhone(): void;
  flash: boolean;
  /** In the test world. */
  testPerson: ReactNode;
  leave(why: 'cancel' | 'other'): void;
}

/** The camera with the oval, and one instruction at a time. */
export function Stage(props: StageProps) {
  const { session, view, stream, devices, device, choose, restart, toPhone, leave } = props;
  const { live, connected, description } = view;
  const t = useStrings(captureStrings);
  const stage = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const oval = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    session.attempt(deviceOf(stream));
  }, [session, stream]);
  useEffect(() => stage.current?.focus({ preventScroll: true }), []);
  useHole(stage, oval);

  const queued = live?.state === 'queued';
  const active = connected && (queued || live?.state === 'guiding' || live?.state === 'running');
  useFrames({
    video,
    running: active,
    pace: queued ? 'queued' : live?.slower ? 'slower' : 'usual',
    send: (frame) => void session.send(frame),
  });
  const fault = useCameraFault(video, stream);
  const saying = useSaying(view);
  const color = useFlash(live, props.flash && connected);
  const passed = usePassedStep(live);
  const step = live?.state === 'running' || live?.state === 'checking' ? live.step : undefined;
  const asked = live?.state === 'running' && !passed ? live.step : undefined;
  const lit = [saying.instruction, saying.advice].some((one) => one && needsLight(one));
  return (
    <>
      <TestBar shown={description?.test ?? false} />
      <main
        ref={stage}
        tabIndex={-1}
        aria-label={t('cameraRegion')}
        className={`c-cam ${lit ? 'lit' : ''} ${color === undefined ? '' : wantsDarkText(color) ? 'lit flash' : 'dim flash'}`}
        data-state={connected ? live?.state : 'lost'}
      >
        <Preview video={video} />
        <div className="c-surround" style={color === undefined ? undefined : { background: color }} />
        <Head description={description} cancel={() => leave('cancel')} />
        <Say saying={saying} live={live} />
        <div className="c-oval" ref={oval}>
          <Ring step={asked} passed={passed || live?.state === 'checking'} />
          <Arrow step={asked} />
        </div>
        <div className="c-low">
          <CameraNotice fault={live?.state === 'checking' ? undefined : fault} restart={restart}>
            {isDesktop() && (
              <button type="button" className="c-link" onClick={toPhone}>
                {t('usePhone')}
              </button>
            )}
          </CameraNotice>
          {step && <Steps step={step} done={live?.state === 'checking'} />}
          {live?.state !== 'running' && live?.state !== 'checking' && (
            <DeviceChoice devices={devices} device={device} choose={choose} />
          )}
          {props.testPerson}
          <button type="button" className="c-link" onClick={() => leave('other')}>
            {t('otherWay')}
          </button>
        </div>
      </main>
    </>
  );
}

function Preview({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const t = useStrings(cameraStrings);
  const [upright, setUpright] = useState(false);
  return (
    <video
      ref={video}
      className={`c-video ${upright ? 'upright' : ''}`}
      autoPlay
      playsInline
      muted
      aria-label={t('preview')}
      onResize={({ currentTarget: { videoWidth, videoHeight } }) => setUpright(videoHeight > videoWidth)}
      onLoadedMetadata={({ currentTarget: { videoWidth, videoHeight } }) =>
        setUpright(videoHeight > videoWidth)
      }
    />
  );
}

/** The hole of the surround and the video follow the oval, wherever the text leaves room for it. */
function useHole(stage: RefObject<HTMLElement | null>, oval: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const [outer, inner] = [stage.current, oval.current];
    if (!outer || !inner) return;
    const follow = () => {
      const [around, { left, top, width, height }] = [
        outer.getBoundingClientRect(),
        inner.getBoundingClientRect(),
      ];
      outer.style.setProperty('--cx', `${left - around.left + width / 2}px`);
      outer.style.setProperty('--cy', `${top - around.top + height / 2}px`);
      outer.style.setProperty('--ow', `${width}px`);
    };
    const observer = new ResizeObserver(follow);
    observer.observe(outer);
    observer.observe(inner);
    for (const child of outer.children) observer.observe(child);
    follow();
    return () => observer.disconnect();
  }, [stage, oval]);
}

/** The heading is read out at once, advice when there is a pause; how a step is done is only shown. */
function Say({ saying, live }: { saying: Saying; live: LiveState | undefined }) {
  const t = useStrings(captureStrings);
  const words = useStrings(cameraStrings);
  const textOf = (one: Instruction) => (one.of === 'camera' ? words(one.word) : t(one.word));
  const { heading, advice, hint } = linesOf(saying);
  const { position, waitSeconds = 0 } = live ?? {};
  const queued = saying.key === 'queued' && position !== undefined;
  return (
    <div className="c-say">
      <h1 aria-live="assertive">{textOf(heading)}</h1>
      {queued ? (
        <p>
          {t('queuedText', { count: position })}{' '}
          {waitSeconds > 60
            ? t('queuedMinutes', { count: Math.ceil(waitSeconds / 60) })
            : t('queuedBelowMinute')}
        </p>
      ) : (
        hint && <p>{t(hint)}</p>
      )}
      <p role="status" className="c-advice">
        {advice && textOf(advice)}
      </p>
    </div>
  );
}

const circle = ['M150 6a144 194 0 0 1 0 388a144 194 0 0 1 0-388'];
/** Two arcs that meet where the head is to go. The preview is a mirror, so the person's left is left on the screen: physical in every script. */
const arcs: Partial<Record<StepName, readonly string[]>> = {
  'turn-left': ['M150 6A144 194 0 0 0 6 200', 'M150 394A144 194 0 0 1 6 200'],
  'turn-right': ['M150 6A144 194 0 0 1 294 200', 'M150 394A144 194 0 0 0 294 200'],
  'look-up': ['M6 200A144 194 0 0 1 150 6', 'M294 200A144 194 0 0 0 150 6'],
  'look-down': ['M6 200A144 194 0 0 0 150 394', 'M294 200A144 194 0 0 1 150 394'],
};

/** How far the movement of the step was measured to be. */
function Ring({ step, passed }: { step: Step | undefined; passed: boolean }) {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const share = passed ? 1 : (step?.progress ?? 0);
  // Without motion it moves in quarters.
  const shown = still ? Math.floor(share * 4) / 4 : share;
  return (
    <svg className="c-ring" viewBox="0 0 300 400" aria-hidden="true">
      <path d={circle[0]} className="track" />
      {shown > 0 &&
        ((step && arcs[step.name]) ?? circle).map((path) => (
          <path
            key={path}
            d={path}
            pathLength={100}
            strokeDasharray={`${Math.min(1, shown) * 100} 200`}
            className={passed ? 'passed' : 'arc'}
          />
        ))}
    </svg>
  );
}

const ways = {
  'turn-left': ['left', IconChevronLeft],
  'turn-right': ['right', IconChevronRight],
  'look-up': ['up', IconChevronUp],
  'look-down': ['down', IconChevronDown],
} as const;

function Arrow({ step }: { step: Step | undefined }) {
  if (!step || !(step.name in ways)) return null;
  const [way, Icon] = ways[step.name as keyof typeof ways];
  return (
    <span className={`c-arrow to-${way}`} aria-hidden="true">
      <Icon stroke={2.5} />
      <Icon stroke={2.5} />
    </span>
  );
}

function Steps({ step: { index, of, progress }, done }: { step: Step; done: boolean }) {
  const t = useStrings(captureStrings);
  return (
    <div className="c-steps">
      <span className="num">{t('stepOf', { number: index + 1, total: of })}</span>
      <span className="c-bars" aria-hidden="true">
        {Array.from({ length: of }, (_, at) => {
          const share = done || at < index ? 1 : at === index ? progress : 0;
          return <progress key={at} value={share} max={1} />;
        })}
      </span>
    </div>
  );
}

type DeviceChoiceProps = Pick<StageProps, 'devices' | 'device' | 'choose'>;

function DeviceChoice({ devices, device, choose }: DeviceChoiceProps) {
  const t = useStrings(captureStrings);
  if (devices.length < 2) return null;
  return (
    <label className="c-device">
      <span>{t('device')}</span>
      <select value={device} onChange={({ target }) => choose(target.value)}>
        {devices.map(({ id, name }, at) => (
          <option key={id} value={id}>
            {name || t('unnamedDevice', { number: String(at + 1) })}
          </option>
        ))}
      </select>
    </label>
  );
}
