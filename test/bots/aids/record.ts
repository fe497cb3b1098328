// Records windows of assistive technology for `service/engine/behavior/recorded-aids.jsonl`, in Chromium with a window of its own, on a
// display and a session bus of its own; NAME: only aids whose name has it. On Debian:
//   apt-get install -y chromium xvfb xauth openbox dbus-daemon at-spi2-core xdotool xkbset mousetweaks onboard xvkbd matchbox-keyboard \
//     python3-gi gir1.2-atspi-2.0
//   npm run build:renderer
// mousetweaks 3.32.0 of Debian 12 takes its display for an object of GDK and ends ("Not running under X11"); it runs where that call of
// g_type_check_instance_is_a is answered with 1 (LD_PRELOAD).
//   dbus-run-session -- xvfb-run -a -s '-screen 0 1280x1100x24' node test/bots/aids/record.ts [NAME]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { judgeBehavior, researchModel, SessionData } from '../../../service/engine/behavior/index.ts';
import { createRandom } from '../../accuracy/random.ts';
import { saltOf } from '../record.ts';
import { type Aid, aids } from './aids.ts';
import { openDesk } from './desk.ts';

interface RecordedAid {
  name: string;
  how: string;
  /** Date. */
  recorded: string;
  /** Programs and their versions. */
  with: string;
  data: unknown;
}

const file = join(import.meta.dirname, '../../../service/engine/behavior/recorded-aids.jsonl');

async function recordAid({ name, how, packages, use }: Aid): Promise<RecordedAid | undefined> {
  const desk = await openDesk();
  try {
    await use(desk, createRandom(saltOf(name, 'aids')));
    await pause(300);
    const { features, presses, texts } = await desk.done();
    const { data, error } = SessionData.safeParse(features);
    console.log(name, { presses, texts, error: error?.message });
    if (!data || presses.length + texts.join('').length === 0) return undefined;
    for (const context of [{}, { model: researchModel }]) {
      const { human, confidence, assistive, agent, notes } = judgeBehavior(data, context);
      console.log('  ', { human, confidence, assistive, agent: agent?.is_agent, notes: notes.join(' ') });
    }
    return {
      name,
      how,
      recorded: new Date().toISOString().slice(0, 10),
      with: ['chromium', ...packages].map(versionOf).join(', '),
      data,
    };
  } finally {
    await desk.close();
  }
}

/** Name and version. */
const versionOf = (name: string): string =>
  execFileSync('dpkg-query', ['--show', name], { encoding: 'utf8' }).trim().replace('\t', ' ');

/** In place of that of the same name, else at the end. */
function keep(one: RecordedAid): void {
  const before = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as RecordedAid)
    : [];
  const at = before.findIndex(({ name }) => name === one.name);
  const after = at < 0 ? [...before, one] : before.with(at, one);
  writeFileSync(file, `${after.map((each) => JSON.stringify(each)).join('\n')}\n`);
}

const [wanted = ''] = process.argv.slice(2);
const launcher = spawn(
  '/usr/libexec/at-spi-bus-launcher',
  ['--launch-immediately', '--a11y=1', '--screen-reader=1'],
  { stdio: 'ignore' },
);
await pause(2_000);
for (const aid of aids.filter(({ name }) => name.includes(wanted))) {
  const recorded = await recordAid(aid);
  if (recorded) keep(recorded);
  else console.log(`${aid.name}: not recorded, nothing reached the page`);
}
launcher.kill();
