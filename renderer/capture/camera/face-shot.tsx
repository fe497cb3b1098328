import { IconFaceId } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../ui/controls/button.tsx';
import { useStrings } from '../../ui/strings/use-strings.ts';
import styles from './camera.module.css';
import { CameraHelp, Ring } from './camera.tsx';
import { CameraNotice } from './camera-notice.tsx';
import { cameraStrings } from './camera-strings.ts';
import { grab, wipe } from './grab.ts';
import { useCamera } from './use-camera.ts';
import { useCameraFault } from './use-camera-fault.ts';
import { type Shot, type TimedPicture, wholeShot } from './whole-shot.ts';

/** A picture, and three seconds of frames in which the person blinks. */
const PICTURES = 29;
/** The person is asked to blink once so many are taken: the frames before show the eyes open. */
const BLINK_FROM = 8;
/** Milliseconds from one to the next. */
const PACE = 100;
const PICTURE = { most: 960, quality: 0.92 };
const FRAME = { most: 720, quality: 0.8 };

/** The camera with an oval and one button, which takes a picture, and frames in which the person is asked to blink. Nothing is sent before it is pressed. */
export function FaceShot({
  label,
  busy,
  take,
}: {
  label: string;
  /** The pictures are on their way. */
  busy: boolean;
  take(pictures: Shot): void;
}) {
  const t = useStrings(cameraStrings);
  const video = useRef<HTMLVideoElement>(null);
  const { state, tryAgain } = useCamera();
  const [taken, setTaken] = useState<number>();
  const [missed, setMissed] = useState(false);
  const stream = state.is === 'running' ? state.stream : undefined;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);
  const fault = useCameraFault(video, stream);
  const shoot = async () => {
    const from = video.current;
    if (!from) return;
    setMissed(false);
    setTaken(0);
    const shot = await wholeShot(() => takePictures(from, setTaken), PICTURES);
    setTaken(undefined);
    setMissed(shot === undefined);
    if (shot) take(shot);
  };
  if (state.is !== 'running') return <CameraHelp state={state} large={false} tryAgain={tryAgain} />;
  const share = busy ? 1 : (taken ?? 0) / PICTURES;
  return (
    <div className={styles.shot}>
      <div className={styles.view}>
        <video ref={video} className={styles.video} autoPlay playsInline muted aria-label={t('preview')} />
        <div className={styles.surround} />
        <Ring shown={{ ring: share, passed: false }} done={busy} />
      </div>
      <p className="small muted" aria-live="polite" data-instruction="">
        {t(instructionAt(taken, missed))}
      </p>
      <CameraNotice fault={fault} restart={tryAgain} />
      <Button kind="primary" block busy={busy || taken !== undefined} onClick={() => void shoot()}>
        <IconFaceId size={18} stroke={1.75} aria-hidden="true" />
        {label}
      </Button>
    </div>
  );
}

const instructionAt = (taken: number | undefined, missed: boolean) => {
  if (taken === undefined) return missed ? 'tooFew' : 'faceOval';
  return taken < BLINK_FROM ? 'hold' : 'blink';
};

/** Fewer where the camera stopped. */
async function takePictures(video: HTMLVideoElement, took: (count: number) => void): Promise<TimedPicture[]> {
  const canvas = document.createElement('canvas');
  const pictures: TimedPicture[] = [];
  try {
    while (pictures.length < PICTURES) {
      const began = performance.now();
      await nextPicture(video);
      const at = performance.now();
      const picture = await grab(video, canvas, pictures.length === 0 ? PICTURE : FRAME);
      if (!picture) break;
      pictures.push({ url: await toDataUrl(picture), at });
      took(pictures.length);
      await new Promise((resolve) => setTimeout(resolve, PACE - (performance.now() - began)));
    }
  } finally {
    wipe(canvas);
  }
  return pictures;
}

/** Waits for a picture that the camera has given since: the box refuses the same one twice. */
const nextPicture = (video: HTMLVideoElement): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(resolve, 1_000);
    if (!('requestVideoFrameCallback' in video)) return;
    video.requestVideoFrameCallback(() => {
      clearTimeout(late);
      resolve();
    });
  });
const toDataUrl = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('The picture could not be read.'));
    reader.readAsDataURL(blob);
  });
