import type { BrowserContext, Page, Route } from 'playwright';
import de from '../../renderer/kiosk/kiosk-strings.de.json' with { type: 'json' };
import en from '../../renderer/kiosk/kiosk-strings.en.json' with { type: 'json' };
import { readLogo } from '../../service/inference/pictures/read-logo.ts';
import { demoLogo } from './demo-logo.ts';

type Json = Record<string, unknown>;
type Word = { [Name in keyof typeof en]: (typeof en)[Name] extends string ? Name : never }[keyof typeof en];
/** A page and the words that it is written in. */
export type Hand = { page: Page; t(word: Word): string; press(word: Word): Promise<void> };
/** By path below `/api/kiosk/`; absent: no answer comes. */
type Answers = Record<string, Json | undefined>;

export interface KioskState {
  name: string;
  /** In place of what the box answers otherwise. */
  answers?(): Promise<Answers> | Answers;
  /** From the first screen with an operator to the state. */
  act?(hand: Hand): Promise<void>;
  heading: Word;
  /** The answer to each frame of the camera. */
  guidance?: Json;
}

const kiosk = { id: `ksk_${'0'.repeat(26)}`, name: 'Lisbon entrance 2', env: 'live', pinLocked: false };
const state: Json = { kiosk, organization: 'Nordlys Bank', operator: { name: 'Beatriz Cardoso' } };
const token = { token: 'kiosk-token', expiresAt: '2100-01-01T00:00:00.000Z' };
const consent: Json = {
  version: 'gatehouse-kiosk-4-warn-1095-365',
  text: {
    en: [
      'Nordlys Bank wants to recognize you by your face, so that you can confirm who you are without a card or a password.',
      'A few pictures are taken now. Gatehouse, a box in the network of Nordlys Bank, turns them into numbers (templates) and deletes the pictures, with the one exception below. The templates, your name and your e-mail address are kept there, encrypted, and are not passed on.',
      'When you or another person confirms who they are here, the new picture is compared with the templates; so is the face of each new person, so that a second enrollment of one person is noticed. If your face is like another person’s, a cut-out of one picture is kept encrypted for the people who decide, at most 30 days, and erased 24 hours after their decision.',
      'Templates, name and e-mail address are erased once you have not used them for 1095 days. Each result is kept for 365 days. When Gatehouse gets a newer model, it makes new templates from a picture of a later visit, and deletes that picture too.',
      'You decide freely. There is another way without the camera, and nothing is worse for you if you take it. You can take your consent back at any time at a desk of Nordlys Bank: then your templates are erased.',
      'Responsible: Nordlys Bank ASA, Storgata 12, 0184 Oslo',
      'Contact for data protection: privacy@nordlys.example',
      'You can complain to: Datatilsynet',
    ],
    de: [
      'Nordlys Bank möchte Sie an Ihrem Gesicht erkennen, damit Sie ohne Karte und Passwort zeigen können, wer Sie sind.',
      'Dafür werden jetzt einige Bilder aufgenommen. Gatehouse, ein Gerät im Netz von Nordlys Bank, macht daraus Zahlen (Vorlagen) und löscht die Bilder, mit der einen Ausnahme unten. Die Vorlagen, Ihr Name und Ihre E-Mail-Adresse werden dort verschlüsselt aufbewahrt und an niemanden weitergegeben.',
      'Wenn Sie oder eine andere Person hier zeigen, wer sie sind, wird das neue Bild mit den Vorlagen verglichen; ebenso das Gesicht jeder neuen Person, damit auffällt, wenn eine Person zweimal erfasst wird. Ähnelt Ihr Gesicht dem einer anderen Person, wird ein Ausschnitt eines Bildes für die, die darüber entscheiden, verschlüsselt aufbewahrt, höchstens 30 Tage, und 24 Stunden nach ihrer Entscheidung gelöscht.',
      'Vorlagen, Name und E-Mail-Adresse werden gelöscht, wenn Sie sie 1095 Tage lang nicht genutzt haben. Jedes Ergebnis wird 365 Tage lang aufbewahrt. Bekommt Gatehouse ein neueres Modell, macht es aus einem Bild eines späteren Besuchs neue Vorlagen und löscht auch dieses Bild.',
      'Sie entscheiden frei. Es gibt einen anderen Weg ohne Kamera, und Sie haben dadurch keinen Nachteil. Sie können Ihre Einwilligung jederzeit an einem Schalter von Nordlys Bank widerrufen: Dann werden Ihre Vorlagen gelöscht.',
      'Verantwortlich: Nordlys Bank ASA, Storgata 12, 0184 Oslo',
      'Kontakt für den Datenschutz: privacy@nordlys.example',
      'Sie können sich beschweren bei: Datatilsynet',
    ],
  },
  purposes: ['verification', 'identification', 'deduplication'],
  languages: ['en', 'de'],
  apart: true,
};
const answersOf: Answers = {
  pair: { claim: 'claim', fingerprint: 'A1B2-C3D4' },
  'pair/outcome': { is: 'paired', kiosk: kiosk.id },
  challenge: { challenge: 'challenge' },
  session: token,
  captures: token,
  consent,
  state,
};
const logoOf = async (color: string) => {
  const { png, ink } = await readLogo(await demoLogo(color));
  return { logo: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, logoInk: ink };
};
const look = (name: string, more: () => Promise<Json> | Json): KioskState => ({
  name,
  heading: 'hello',
  answers: async () => ({ state: { ...state, ...(await more()) } }),
});

export const start = ({ page, t }: Hand, word: 'enroll' | 'confirm') =>
  page.getByRole('button', { name: new RegExp(`^${t(word)}`) }).click();
const sign = async (hand: Hand) => {
  await start(hand, 'enroll');
  await hand.page.getByLabel(hand.t('yourName')).fill('Mira Marker');
  await hand.page.getByLabel(hand.t('email')).fill('mira.marker@example.com');
};
export const agreeToAll = async (hand: Hand) => {
  await sign(hand);
  for (const box of await hand.page.getByRole('checkbox').all()) await box.check();
  await hand.press('agree');
};
export const confirmMe = async (hand: Hand) => {
  await start(hand, 'confirm');
  await hand.press('go');
};
export const verified = {
  verified: true,
  reference: `ver_${'0'.repeat(20)}7q4d0m`,
  capture: { source: 'kiosk' },
};

/** What people and the desk see at a kiosk. */
export const kioskStates: readonly KioskState[] = [
  look('start-color', () => ({ color: '#ffd400' })),
  look('start-logo-dark', () => logoOf('#1f4e3d')),
  look('start-logo-light', async () => ({ ...(await logoOf('#ffffff')), color: '#1f4e3d' })),
  {
    name: 'consent',
    heading: 'consentTitle',
    act: sign,
    answers: () => ({ consent: { ...consent, apart: false } }),
  },
  { name: 'purposes', heading: 'consentTitle', act: sign },
  {
    name: 'purposes-missing',
    heading: 'consentTitle',
    async act(hand) {
      await sign(hand);
      await hand.press('agree');
      await hand.page.getByRole('alert').waitFor();
    },
  },
  { name: 'enrolled', heading: 'thanks', act: agreeToAll, answers: () => ({ enroll: { pictures: 1 } }) },
  {
    name: 'verified',
    heading: 'verified',
    act: confirmMe,
    answers: () => ({ verify: { ...verified, person: 'Mira Marker' } }),
  },
  {
    name: 'not-verified',
    heading: 'notVerified',
    act: confirmMe,
    answers: () => ({ verify: { ...verified, verified: false } }),
  },
  {
    name: 'undecided',
    heading: 'undecidedTitle',
    act: confirmMe,
    answers: () => ({ verify: { ...verified, verified: false, undecided: true } }),
  },
  { name: 'cut', heading: 'offlineTitle', act: confirmMe },
  {
    name: 'consent-cut',
    heading: 'offlineTitle',
    act: (hand) => start(hand, 'enroll'),
    answers: () => ({ consent: undefined }),
  },
  {
    name: 'offline',
    heading: 'offlineTitle',
    async act({ page }) {
      await page.route('**/api/kiosk/**', (route) => route.abort());
      await page.reload();
    },
  },
  { name: 'without', heading: 'withoutTitle', act: ({ press }) => press('noCamera') },
];

/** In the page: the second after which the closing screen counts on is an hour. */
function closingStays() {
  const wait = globalThis.setTimeout;
  Object.assign(globalThis, {
    setTimeout: (act: () => void, ms?: number) => wait(act, ms === 1_000 ? 3_600_000 : ms),
  });
}

const good: Json = { is: 'guidance', good: true, passed: ['light', 'distance', 'pose', 'eyes', 'focus'] };

/** Opens one state in a page of its own: a device that was paired, with an operator. The closing screens stay. */
export async function openKiosk(
  context: BrowserContext,
  place: KioskPlace,
  { answers, act, heading, guidance }: KioskState,
): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(closingStays);
  const hand = await enterKiosk(page, place, await answers?.(), guidance);
  await act?.(hand);
  await page
    .getByRole('heading', { level: 1, name: hand.t(heading), exact: true })
    .waitFor({ timeout: 30_000 });
  return page;
}

interface KioskPlace {
  url: string;
  language: 'en' | 'de';
}

/** To the first screen of a device that was paired, with an operator. */
export async function enterKiosk(
  page: Page,
  { url, language }: KioskPlace,
  answers: Answers = {},
  guidance = good,
): Promise<Hand> {
  const said = { ...answersOf, ...answers };
  const t = (word: Word) => ({ en, de })[language][word];
  const press = (word: Word) => page.getByRole('button', { name: t(word), exact: true }).click();
  await page.routeWebSocket('**/api/captures/live', (socket) => socket.close());
  await page.route('**/api/captures/frames', (route) => route.fulfill({ json: guidance }));
  await page.route('**/api/kiosk/**', async (route: Route) => {
    const answer = said[new URL(route.request().url()).pathname.slice('/api/kiosk/'.length)];
    return answer === undefined ? route.abort() : route.fulfill({ json: answer });
  });
  await page.goto(`${url}/kiosk/`);
  await page.getByLabel(t('code')).fill('A1B2C3D4');
  await press('pair');
  await page.getByRole('heading', { level: 1, name: t('hello') }).waitFor();
  return { page, t, press };
}
