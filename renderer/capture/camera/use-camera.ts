import { useCallback, useEffect, useState } from 'react';

export type CameraState =
  | { is: 'asking' }
  | { is: 'running'; stream: MediaStream; device: string | undefined }
  | { is: 'refused' | 'missing' | 'busy' | 'insecure' };

export interface CameraDevice {
  id: string;
  /** Empty where the browser hides it. */
  name: string;
}

/** The camera, from permission to stream; stopped when the component is gone. Nothing is asked of the browser until it is `wanted`. */
export function useCamera(wanted = true) {
  const [state, setState] = useState<CameraState>({ is: 'asking' });
  const [devices, setDevices] = useState<CameraDevice[]>([]);
  const [wish, setWish] = useState<{ device?: string; attempt: number }>({ attempt: 0 });

  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    let stream: MediaStream | undefined;
    setState({ is: 'asking' });
    openCamera(wish.device)
      .then(async (opened) => {
        if (gone) return stop(opened);
        stream = opened;
        const [track] = opened.getVideoTracks();
        track?.addEventListener('ended', () => !gone && setState({ is: 'missing' }));
        setState({ is: 'running', stream: opened, device: track?.getSettings().deviceId });
        const all = await navigator.mediaDevices.enumerateDevices();
        if (gone) return;
        const cameras = all.filter(({ kind }) => kind === 'videoinput');
        setDevices(cameras.map(({ deviceId, label }) => ({ id: deviceId, name: label })));
      })
      .catch((error: unknown) => !gone && setState({ is: reasonOf(error) }));
    return () => {
      gone = true;
      if (stream) stop(stream);
    };
  }, [wish, wanted]);

  return {
    state,
    devices,
    choose: useCallback((device: string) => setWish({ device, attempt: 0 }), []),
    tryAgain: useCallback(() => setWish((before) => ({ ...before, attempt: before.attempt + 1 })), []),
  };
}

const stop = (stream: MediaStream) => {
  for (const track of stream.getTracks()) track.stop();
};

async function openCamera(device: string | undefined): Promise<MediaStream> {
  // Absent where the page came over plain HTTP from another machine.
  if (!navigator.mediaDevices) throw new DOMException('No camera at this address.', 'InsecureContext');
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      ...(device === undefined ? { facingMode: 'user' } : { deviceId: { exact: device } }),
    },
  });
}

function reasonOf(error: unknown): 'refused' | 'missing' | 'busy' | 'insecure' {
  switch (error instanceof DOMException ? error.name : '') {
    case 'InsecureContext':
      return 'insecure';
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}
