import { defined } from '../../../lib/defined.ts';
import {
  type Check,
  type DeviceInfo,
  type Finding,
  NOT_RECOGNIZED,
  type PersonalInputs,
  rule,
} from './check.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';

/** A first device cannot be recognized, and is nothing bad (the figure of contracts/identity.txt). */
const FIRST_DEVICE = 0.75;
const WEIGHTS = { browser: 0.25, platform: 0.35, camera: 0.2, screen: 0.2 };
type Trait = keyof typeof WEIGHTS;
const traitNames = Object.keys(WEIGHTS) as Trait[];
/** The score of a trait that only one of the two devices has. */
const ONE_SIDED = 0.5;
/** A camera or screen of another size but the same shape: another mode of the same device, or a sister model. */
const SAME_SHAPE = 0.5;

interface Size {
  long: number;
  short: number;
}
interface Traits {
  browser?: string;
  platform?: string;
  camera?: Size;
  screen?: Size;
}

/** How much the device is like one that this person used in an earlier verified verification, 0..1. */
export function deviceConsistency(device: DeviceInfo | undefined, known: readonly DeviceInfo[]): Finding {
  const now = traitsOf(device ?? {});
  if (Object.keys(now).length === 0) return { skipped: skipReasons.NO_DEVICE, missing: true };
  const earlier = known.map(traitsOf).filter((traits) => Object.keys(traits).length > 0);
  if (earlier.length === 0)
    return { score: FIRST_DEVICE, details: { knownDevices: 0, note: 'The first device of this person.' } };
  const score = Math.max(...earlier.map((traits) => similarity(now, traits)));
  const details = { knownDevices: earlier.length, similarity: Math.round(score * 1000) / 1000 };
  if (score >= FIRST_DEVICE) return { score, details };
  return { score, reason: personMessages.NEW_DEVICE, details };
}

/** 1 = alike in every trait, 0 = in none. */
function similarity(a: Traits, b: Traits): number {
  let sum = 0;
  let weights = 0;
  for (const trait of traitNames) {
    if (a[trait] === undefined && b[trait] === undefined) continue;
    weights += WEIGHTS[trait];
    sum += WEIGHTS[trait] * alike(a[trait], b[trait]);
  }
  return sum / weights;
}

function alike(a: string | Size | undefined, b: string | Size | undefined): number {
  if (a === undefined || b === undefined) return ONE_SIDED;
  if (typeof a === 'string' || typeof b === 'string') return a === b ? 1 : 0;
  if (a.long === b.long && a.short === b.short) return 1;
  return Math.abs(a.long / a.short - b.long / b.short) < 0.01 ? SAME_SHAPE : 0;
}

function traitsOf(device: DeviceInfo): Traits {
  const camera = sizeOf(device.cameraWidth, device.cameraHeight);
  const screen = sizeOf(device.screenWidth, device.screenHeight);
  return {
    ...(device.userAgent ? userAgentFamily(device.userAgent) : {}),
    ...defined({ camera, screen }),
  };
}

/** A turned phone is the same phone. */
function sizeOf(width: number | undefined, height: number | undefined): Size | undefined {
  if (!width || !height) return undefined;
  return { long: Math.max(width, height), short: Math.min(width, height) };
}

export const deviceConsistencyCheck = {
  name: 'deviceConsistency',
  defaultRule: rule(0.1, 0.3),
  maturity: 'experimental',
  sentence: personMessages.NEW_DEVICE,
  withoutInput: 'skip',
  storedReason: 'Not a known device.',
  run: ({ earlier, device }: PersonalInputs) =>
    earlier
      ? deviceConsistency(
          device,
          earlier.flatMap((one) => one.device ?? []),
        )
      : NOT_RECOGNIZED,
} as const satisfies Check;

/** What of a user agent stays the same for years on one device. */
interface UserAgentFamily {
  browser: string;
  platform: string;
}

/** First match wins: many browsers name others for compatibility, so the more particular names come first. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['edge', /\bEdg(?:e|A|iOS)?\//],
  ['opera', /\b(?:OPR|Opera)\//],
  ['samsung', /\bSamsungBrowser\//],
  ['firefox', /\b(?:Firefox|FxiOS)\//],
  ['chrome', /\b(?:Chrome|CriOS|Chromium)\//],
  ['safari', /\bSafari\//],
];
const platforms: readonly (readonly [string, RegExp])[] = [
  ['ios', /\b(?:iPhone|iPad|iPod)\b/],
  ['android', /\bAndroid\b/],
  ['windows', /\bWindows\b/],
  ['mac', /\bMac(?:intosh| OS X)\b/],
  ['chromeos', /\bCrOS\b/],
  ['linux', /\bLinux\b/],
];

/** The families named in a `User-Agent`; “other” where none is known. Versions do not matter: browsers update themselves. */
export function userAgentFamily(userAgent: string): UserAgentFamily {
  return { browser: nameIn(browsers, userAgent), platform: nameIn(platforms, userAgent) };
}

function nameIn(known: readonly (readonly [string, RegExp])[], text: string): string {
  return known.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}
