import { useEffect, useState } from 'react';
import type { Device } from '../session/wire.ts';

/** A computer: a phone beside it may have the better camera. */
export const isDesktop = (): boolean =>
  matchMedia('(pointer: fine)').matches && !/Android|iPhone|iPad|Mobile/i.test(navigator.userAgent);

/** What is known of the camera that runs. */
export function deviceOf(stream: MediaStream): Device {
  const [track] = stream.getVideoTracks();
  const { width, height, frameRate } = track?.getSettings() ?? {};
  return {
    ...(track?.label && { label: track.label.slice(0, 200) }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(frameRate !== undefined && { frameRate }),
  };
}

/** Whether the browser gives the camera; undefined: it does not say. */
export function useCameraPermission(): PermissionState | 'unknown' | undefined {
  const [state, setState] = useState<PermissionState | 'unknown'>();
  useEffect(() => {
    let gone = false;
    let status: PermissionStatus | undefined;
    const look = () => !gone && setState(status?.state ?? 'unknown');
    // Firefox and older Safari know no permission of this name.
    Promise.resolve(navigator.permissions?.query({ name: 'camera' }))
      .then((found) => {
        status = found;
        status?.addEventListener('change', look);
        look();
      })
      .catch(look);
    return () => {
      gone = true;
      status?.removeEventListener('change', look);
    };
  }, []);
  return state;
}

/** Whether there is a camera at all, before anything is asked; undefined: not known yet. */
export function useHasCamera(): boolean | undefined {
  const [has, setHas] = useState<boolean>();
  useEffect(() => {
    let gone = false;
    const devices = navigator.mediaDevices;
    if (!devices) return setHas(true);
    const look = () =>
      devices
        .enumerateDevices()
        .then((all) => !gone && setHas(all.some(({ kind }) => kind === 'videoinput')))
        .catch(() => !gone && setHas(true));
    void look();
    devices.addEventListener('devicechange', look);
    return () => {
      gone = true;
      devices.removeEventListener('devicechange', look);
    };
  }, []);
  return has;
}

/** The page around this one keeps the camera to itself. */
export function isFramedWithoutCamera(): boolean {
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return window.parent !== window && policy?.allowsFeature('camera') === false;
}
