import { IconFaceId } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../ui/controls/button.tsx';
import { useStrings } from '../../ui/strings/use-strings.ts';
import styles from './camera.module.css';
import { CameraHelp, Ring } from './camera.tsx';
import { cameraStrings } from './camera-strings.ts';
import { toDataUrl } from './data-url.ts';
import { grab, wipe } from './grab.ts';
import { useCamera } from './use-camera.ts';
import { type Shot, wholeShot } from './whole-shot.ts';

/** A picture and frames beside it. */
const PICTURES = 6;
/** Milliseconds from one to the next. */
const PACE = 220;
const PICTURE = { most: 960, quality: 0.92 };
const FRAME = { most: 720, quality: 0.85 };

/** The camera with an oval and one button, which takes a picture and frames of one moment. Nothing is sent before it is pressed. */
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
      <p className="small muted" aria-live="polite">
        {t(taken !== undefined ? 'hold' : missed ? 'tooFew' : 'faceOval')}
      </p>
      <Button kind="primary" block busy={busy || taken !== undefined} onClick={() => void shoot()}>
        <IconFaceId size={18} stroke={1.75} aria-hidden="true" />
        {label}
      </Button>
    </div>
  );
}

/** As data URLs; fewer where the camera stopped. */
async function takePictures(video: HTMLVideoElement, took: (count: number) => void): Promise<string[]> {
  const canvas = document.createElement('canvas');
  const pictures: string[] = [];
  try {
    while (pictures.length < PICTURES) {
      await nextPicture(video);
      const picture = await grab(video, canvas, pictures.length === 0 ? PICTURE : FRAME);
      if (!picture) break;
      pictures.push(await toDataUrl(picture));
      took(pictures.length);
      await new Promise((resolve) => setTimeout(resolve, PACE));
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
