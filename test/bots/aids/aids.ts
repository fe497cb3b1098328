import { setTimeout as pause } from 'node:timers/promises';
import { logNormal, type Random } from '../chance.ts';
import type { Desk } from './desk.ts';
import { matchbox, type OnScreenKeyboard, onboard, typeOnScreen, xvkbd } from './on-screen-keyboards.ts';
import { pointWithHead, pointWithKeypad } from './pointing.ts';

export interface Aid {
  name: string;
  how: string;
  /** Debian packages whose versions are noted. */
  packages: readonly string[];
  use(desk: Desk, random: Random): Promise<unknown>;
}

const SENTENCE = 'please send the letter to my new address';

const onScreen = (keyboard: OnScreenKeyboard): Aid => ({
  name: `on-screen keyboard (${keyboard.program})`,
  how: 'a pointer that XTest moves presses its keys, held 90 ms',
  packages: [keyboard.program],
  use: (desk, random) => typeOnScreen(desk, keyboard, SENTENCE, random),
});

const byAccessibility =
  (...wishes: string[]): Aid['use'] =>
  async ({ run }) => {
    const said = await run('/usr/bin/python3', [`${import.meta.dirname}/accessibility.py`, ...wishes]);
    process.stdout.write(said);
  };

export const aids: readonly Aid[] = [
  {
    name: 'dwell clicker (mousetweaks)',
    how: 'XTest moves the pointer as a head mouse, and mousetweaks clicks after 0.8 s of rest; its check for X, which fails on every display in this version, was passed over',
    packages: ['mousetweaks'],
    async use(desk, random) {
      desk.start('mousetweaks', ['--dwell', '--dwell-time=0.8', '--threshold=12', '--hide-ctw']);
      await pause(3_000);
      await pointWithHead(desk, random, []);
    },
  },
  {
    name: 'head mouse with a dwell click of its own',
    how: 'XTest moves the pointer as a head mouse, and presses and releases at once after 1 s of rest',
    packages: [],
    use: (desk, random) => pointWithHead(desk, random, ['mousedown 1', 'mouseup 1']),
  },
  {
    name: 'MouseKeys',
    how: 'MouseKeys of X (xkbset m), moved and pressed with the keypad (XTest keys)',
    packages: ['xkbset', 'xkb-data'],
    async use(desk, random) {
      await desk.run('setxkbmap', ['us']);
      await desk.run('xkbset', ['m']);
      await desk.run('xkbset', ['exp', '=m']);
      await desk.xdotool(['mousemove 640 420']);
      await pointWithKeypad(desk, random);
    },
  },
  ...[onboard, xvkbd, matchbox].map(onScreen),
  {
    name: 'home-row mods',
    how: 'XTest keys in the order and times of a keyboard with home-row mods (QMK, Miryoku): letters of the home row are tapped for 1.5 ms when the finger leaves them',
    packages: [],
    use: ({ xdotool }, random) => xdotool(homeRowMods(`${SENTENCE} this is the street`, random)),
  },
  {
    name: 'voice control and dictation',
    how: 'the AT-SPI registry types what was dictated (KEY_STRING), then AT-SPI doAction on three buttons, 1.1 to 2.2 s apart',
    packages: ['at-spi2-core'],
    use: byAccessibility(`type:${SENTENCE}`, 'press:First', 'press:Second', 'press:Third'),
  },
  {
    name: 'autofill',
    how: 'Chromium fills a field with what it kept of the form that was sent before: arrow keys and Enter in its list (XTest keys)',
    packages: [],
    async use({ xdotool }) {
      const toCity = ['key Tab', 'sleep 0.4', 'key Tab', 'sleep 0.6'];
      await xdotool([...toCity, 'type --delay 120 rotterdam', 'sleep 0.4', 'key Return']);
      await pause(6_000);
      await xdotool([...toCity, 'key Down', 'sleep 1.5', 'key Down', 'sleep 1.2', 'key Return', 'sleep 0.5']);
    },
  },
];

/** Such a keyboard decides on the release whether a key was a letter or a modifier, and sends the letter only then. */
function homeRowMods(text: string, random: Random): string[] {
  const events: { at: number; line: string }[] = [];
  let at = 500;
  for (const letter of text) {
    const key = letter === ' ' ? 'space' : letter;
    const hold = Math.max(40, logNormal(random, 90, 0.22));
    const tapped = 'arstneio '.includes(letter);
    events.push(
      { at: tapped ? at + hold : at, line: `keydown ${key}` },
      { at: tapped ? at + hold + 1.5 : at + hold, line: `keyup ${key}` },
    );
    at += Math.max(60, logNormal(random, 150, 0.35));
  }
  events.sort((a, b) => a.at - b.at);
  return events.flatMap(({ at: when, line }, i) => [
    `sleep ${((when - (events[i - 1]?.at ?? 0)) / 1000).toFixed(4)}`,
    line,
  ]);
}
