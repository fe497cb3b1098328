import { IconCircleCheck, IconCircleDashed, IconVideo, IconVideoOff } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import styles from './camera.module.css';
import { cameraHelpStrings } from './camera-help-strings.ts';
import { CameraNotice } from './camera-notice.tsx';
import { cameraStrings } from './camera-strings.ts';
import type { Shown } from './shot-progress.ts';
import { type CameraDevice, type CameraState, useCamera } from './use-camera.ts';
import { useCameraFault } from './use-camera-fault.ts';
import { useGuidance } from './use-guidance.ts';

export interface CameraProps {
  /** Pictures to take, one after another. */
  count: number;
  /** Makes a camera session: `POST /api/admin/captures`, or the kiosk's own route. Called again when one has ended. */
  openCapture(): Promise<{ token: string }>;
  /** All pictures as JPEG, once the last is taken. */
  onPictures(pictures: Blob[]): void;
  /** A face is before the camera. */
  onFace?(): void;
  /** Text sizes of the kiosk. */
  large?: boolean;
}

const steps = ['light', 'distance', 'pose', 'eyes'] as const;
/** The person is in the dark: the screen helps. */
const dark = new Set(['TOO_DARK', 'UNDER_EXPOSED']);

/** The camera with an oval to fill and one instruction at a time. Nothing is sent but frames for guidance; the pictures stay in the page. */
export function Camera({ count, openCapture, onPictures, onFace, large = false }: CameraProps) {
  const t = useStrings(cameraStrings);
  const help = useStrings(cameraHelpStrings);
  const video = useRef<HTMLVideoElement>(null);
  const { state, devices, choose, tryAgain } = useCamera();
  const running = state.is === 'running';
  const { shown, taken, offline } = useGuidance({ video, running, count, openCapture, onPictures, onFace });
  const stream = running ? state.stream : undefined;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);
  const fault = useCameraFault(video, stream);

  if (!running) return <CameraHelp state={state} large={large} tryAgain={tryAgain} />;
  const done = taken === count;
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
          {offline ? help('offlineTitle') : t(done ? 'allTaken' : shown.instruction)}
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
