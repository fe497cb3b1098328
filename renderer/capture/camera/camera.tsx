import { IconCircleCheck, IconCircleDashed, IconVideo, IconVideoOff } from '@tabler/icons-react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { noAnswer, Refusal } from '../../ui/refusal.ts';
import { Said, type Words } from '../../ui/said.tsx';
import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import styles from './camera.module.css';
import de from './camera-help-strings.de.json' with { type: 'json' };
import en from './camera-help-strings.en.json' with { type: 'json' };
import { CameraNotice } from './camera-notice.tsx';
import { cameraStrings } from './camera-strings.ts';
import { grab, wipe } from './grab.ts';
import { createGuidanceLink } from './guidance-link.ts';
import { createShotProgress, nothingYet, type Shown } from './shot-progress.ts';
import { type CameraDevice, type CameraState, useCamera } from './use-camera.ts';
import { useCameraFault } from './use-camera-fault.ts';

/** What the camera of kiosks and the console says beside its instructions; the capture page has words of its own. */
const cameraHelpStrings = defineStrings('capture/camera/camera-help-strings', en, de);

export interface CameraProps {
  /** Pictures to take, one after another. */
  count: number;
  /** Makes a camera session: `POST /api/admin/captures`, or the kiosk's own route. Called again when one has ended. */
  openCapture(): Promise<{ token: string }>;
  /** All pictures as JPEG, once the last is taken. */
  onPictures(pictures: Blob[]): void;
  /** A face is before the camera. */
  onFace?(): void;
  /** What the box refused, in the words of the page. */
  wordsOf(error: unknown): Words;
  /** Text sizes of the kiosk. */
  large?: boolean;
}

const steps = ['light', 'distance', 'pose', 'eyes', 'focus'] as const;
/** The person is in the dark: the screen helps. */
const dark = new Set(['TOO_DARK', 'UNDER_EXPOSED']);

/** The camera with an oval to fill and one instruction at a time. Nothing is sent but frames for guidance; the pictures stay in the page. */
export function Camera({ count, openCapture, onPictures, onFace, wordsOf, large = false }: CameraProps) {
  const t = useStrings(cameraStrings);
  const help = useStrings(cameraHelpStrings);
  const video = useRef<HTMLVideoElement>(null);
  const { state, devices, choose, tryAgain } = useCamera();
  const running = state.is === 'running';
  const { shown, taken, failure } = useGuidance({ video, running, count, openCapture, onPictures, onFace });
  const stream = running ? state.stream : undefined;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);
  const fault = useCameraFault(video, stream);
  if (!running) return <CameraHelp state={state} large={large} tryAgain={tryAgain} />;
  const done = taken === count;
  const refusal = failure instanceof Refusal && failure.sentence !== undefined ? failure : undefined;
  const offline = failure !== undefined && refusal === undefined;
  return (
    <div className={`${styles.camera} ${large ? styles.large : ''}`}>
      <div className={`${styles.view} ${dark.has(shown.instruction) ? styles.lit : ''}`}>
        <video ref={video} className={styles.video} autoPlay playsInline muted aria-label={t('preview')} />
        <div className={styles.surround} />
        <Ring shown={shown} done={done} />
      </div>
      <div className={styles.guide}>
        <Pictures count={count} taken={taken} ring={shown.ring} />
        <h2 className={styles.say} aria-live="assertive">
          {refusal ? (
            <Said {...wordsOf(refusal)} />
          ) : offline ? (
            help('offlineTitle')
          ) : (
            t(done ? 'allTaken' : shown.instruction)
          )}
        </h2>
        {offline && <p className={styles.hint}>{help('offlineText')}</p>}
        {dark.has(shown.instruction) && <p className={styles.hint}>{t('lit')}</p>}
        <CameraNotice fault={done ? undefined : fault} restart={tryAgain} />
        <Steps shown={shown} done={done} />
        <DeviceChoice devices={devices} device={state.device} choose={choose} />
      </div>
    </div>
  );
}

export function Ring({
  shown: { ring, passed },
  done,
}: {
  shown: Pick<Shown, 'ring' | 'passed'>;
  done: boolean;
}) {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  // Without motion it moves in quarters.
  const share = done ? 1 : still ? Math.floor(ring * 4) / 4 : ring;
  const path = 'M150 6a144 194 0 0 1 0 388a144 194 0 0 1 0-388';
  return (
    <svg className={styles.ring} viewBox="0 0 300 400" aria-hidden="true">
      <path d={path} className={styles.track} />
      {share > 0 && (
        <path
          d={path}
          pathLength={100}
          strokeDasharray={`${share * 100} 200`}
          className={passed || done ? styles.passed : styles.arc}
        />
      )}
    </svg>
  );
}

function Pictures({ count, taken, ring }: { count: number; taken: number; ring: number }) {
  const t = useStrings(cameraHelpStrings);
  if (count === 1) return null;
  const text =
    taken === count
      ? t('picturesTaken', { count })
      : t('picture', { number: String(taken + 1), total: String(count) });
  return (
    <div className={styles.pictures}>
      <span className="num">{text}</span>
      {Array.from({ length: count }, (_, i) => {
        const share = i < taken ? 1 : i === taken ? ring : 0;
        return <progress key={i} value={share} max={1} aria-hidden="true" />;
      })}
    </div>
  );
}

function Steps({ shown, done }: { shown: Shown; done: boolean }) {
  const t = useStrings(cameraHelpStrings);
  const passed = new Set(done ? steps : shown.steps);
  return (
    <ul className={styles.steps} aria-label={t('needs')}>
      {steps.map((step) => {
        const ok = passed.has(step);
        const Icon = ok ? IconCircleCheck : IconCircleDashed;
        return (
          <li key={step} className={ok ? styles.ok : ''}>
            <Icon className={styles.icon} stroke={1.75} aria-hidden="true" />
            {t(step)}
            <span className="sr">, {t(ok ? 'inOrder' : 'toDo')}</span>
          </li>
        );
      })}
    </ul>
  );
}

interface DeviceChoiceProps {
  devices: CameraDevice[];
  device: string | undefined;
  choose(device: string): void;
}

function DeviceChoice({ devices, device, choose }: DeviceChoiceProps) {
  const t = useStrings(cameraHelpStrings);
  if (devices.length < 2) return null;
  return (
    <label className={styles.device}>
      <span>{t('device')}</span>
      <select value={device} onChange={({ target }) => choose(target.value)}>
        {devices.map(({ id, name }, i) => (
          <option key={id} value={id}>
            {name || t('unnamedDevice', { number: String(i + 1) })}
          </option>
        ))}
      </select>
    </label>
  );
}

interface HelpProps {
  state: Exclude<CameraState, { is: 'running' }>;
  large: boolean;
  tryAgain(): void;
}

/** Why there is no picture, and what to do. */
export function CameraHelp({ state: { is }, large, tryAgain }: HelpProps) {
  const t = useStrings(cameraHelpStrings);
  const Icon = is === 'asking' ? IconVideo : IconVideoOff;
  return (
    <div
      className={`${styles.help} ${large ? styles.large : ''}`}
      role={is === 'asking' ? 'status' : 'alert'}
    >
      <Icon className={styles.icon} stroke={1.5} aria-hidden="true" />
      <h2>{t(`${is}Title`)}</h2>
      <p>{t(`${is}Text`)}</p>
      {is !== 'asking' && (
        <button type="button" className={styles.again} onClick={tryAgain}>
          {t('tryAgain')}
        </button>
      )}
    </div>
  );
}

/** Milliseconds between two frames: ten a second at most. */
const PACE = 100;
const FRAME = { most: 480, quality: 0.75 };
const PICTURE = { most: 1440, quality: 0.95 };
/** Frames in a row without an answer before an error is shown. */
const MOST_FAILURES = 3;
/** Milliseconds until a camera session that does not open is given up. */
const PATIENCE = 15_000;

interface GuidanceInput {
  video: RefObject<HTMLVideoElement | null>;
  /** Frames are sent while this is true. */
  running: boolean;
  count: number;
  openCapture(): Promise<{ token: string }>;
  onPictures(pictures: Blob[]): void;
  onFace?: (() => void) | undefined;
}

/** Sends frames, follows the answers, and takes `count` pictures when all is in order. */
function useGuidance({ video, running, count, openCapture, onPictures, onFace }: GuidanceInput) {
  const [shown, setShown] = useState<Shown>(nothingYet);
  const [taken, setTaken] = useState(0);
  const [failure, setFailure] = useState<unknown>();
  const calls = useRef({ openCapture, onPictures, onFace });
  calls.current = { openCapture, onPictures, onFace };
  useEffect(() => {
    if (!running) return;
    const ended = new AbortController();
    setTaken(0);
    setShown(nothingYet);
    void guide(video, count, ended.signal, {
      open: () => calls.current.openCapture(),
      show: setShown,
      took: (number) => {
        setTaken(number);
        navigator.vibrate?.(30);
      },
      face: () => calls.current.onFace?.(),
      failed: setFailure,
      done: (pictures) => calls.current.onPictures(pictures),
    });
    return () => ended.abort();
  }, [video, running, count]);
  return { shown, taken, failure };
}

interface Calls {
  open(): Promise<{ token: string }>;
  show(shown: Shown): void;
  took(number: number): void;
  face(): void;
  /** Why no frame is answered; undefined once one is. */
  failed(error: unknown): void;
  done(pictures: Blob[]): void;
}

async function guide(
  video: RefObject<HTMLVideoElement | null>,
  count: number,
  signal: AbortSignal,
  calls: Calls,
): Promise<void> {
  const link = createGuidanceLink(() => Promise.race([calls.open(), giveUp(signal)]));
  const canvas = document.createElement('canvas');
  const progress = createShotProgress();
  const pictures: Blob[] = [];
  let failures = 0;
  try {
    while (!signal.aborted) {
      const begun = performance.now();
      const frame = video.current && (await grab(video.current, canvas, FRAME));
      try {
        const answer = frame ? await link.send(frame) : undefined;
        if (signal.aborted) return;
        if (answer) {
          failures = 0;
          calls.failed(undefined);
          if (answer.is === 'guidance' && answer.passed.includes('face')) calls.face();
        }
        const { take } = answer ? progress.update(answer, performance.now()) : { take: false };
        const picture = take && video.current ? await grab(video.current, canvas, PICTURE) : undefined;
        if (signal.aborted) return;
        if (picture) {
          pictures.push(picture);
          progress.taken(performance.now());
          calls.took(pictures.length);
        }
        calls.show(progress.shown());
        if (pictures.length === count) return calls.done(pictures);
      } catch (error) {
        if (++failures >= MOST_FAILURES) calls.failed(error);
        await pause(1_000, signal);
      }
      await pause(PACE - (performance.now() - begun), signal);
    }
  } finally {
    link.close();
    wipe(canvas);
  }
}

async function giveUp(signal: AbortSignal): Promise<never> {
  await pause(PATIENCE, signal);
  throw noAnswer('The camera session was not opened in time.');
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, milliseconds));
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
