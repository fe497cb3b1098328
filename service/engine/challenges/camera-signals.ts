import type { Evidence } from './evidence.ts';

/** What the page says of the camera; a tampered page says anything, so nothing of it decides. */
export interface CaptureMetadata {
  label?: string;
  width?: number;
  height?: number;
  frameRate?: number;
  userAgent?: string;
}

/** Names of programs that pass files off as a camera. */
const VIRTUAL =
  /\b(obs|virtual|manycam|snap ?camera|xsplit|mmhmm|camtwist|v4l2loopback|loopback|dummy|fake|screen ?capture|webcamoid|altercam|splitcam|youcam|avatarify|deepfacelive|akvcam|unity video)\b/i;

const isVirtualCamera = (label: string): boolean => VIRTUAL.test(label);

/** Signals alone: they lower the score and are shown to the reviewer. */
export function cameraEvidence(seen: {
  labels: ReadonlySet<string>;
  sizes: ReadonlySet<string>;
}): Evidence[] {
  const labels = [...seen.labels].filter(isVirtualCamera);
  const signals: Evidence[] = [];
  if (labels.length > 0)
    signals.push({
      kind: 'camera',
      maturity: 'experimental',
      details: { suspect: true, signal: 'virtual-camera', labels },
    });
  if (seen.labels.size > 1)
    signals.push({
      kind: 'camera',
      maturity: 'experimental',
      details: { suspect: true, signal: 'camera-changed', cameras: seen.labels.size },
    });
  if (seen.sizes.size > 1)
    signals.push({
      kind: 'camera',
      maturity: 'experimental',
      details: { suspect: true, signal: 'frame-size-changed', sizes: [...seen.sizes] },
    });
  return signals;
}
